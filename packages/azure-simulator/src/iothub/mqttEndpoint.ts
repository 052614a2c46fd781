import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import type { Plane } from '../plane.js';
import { admit } from './deviceAccess.js';
import { MqttDevice } from './mqttDevice.js';

/** MQTT 3.1.1's return codes of a refused connection. */
const BAD_USER_NAME = 4;
const NOT_AUTHORIZED = 5;

/** A running endpoint for devices. */
export interface MqttEndpoint {
  port: number;
  close(): Promise<void>;
}

/**
 * Starts the endpoint for devices: MQTT 3.1.1 over TLS, implemented by a broker library. Nothing is forwarded between
 * devices; each talks only to the hub.
 *
 * @param port 0 takes a free one; the service's is 8883
 * @throws EADDRINUSE if the port is taken
 */
export async function startMqttEndpoint(
  plane: Plane,
  tls: { cert: string; key: string },
  port: number,
): Promise<MqttEndpoint> {
  const devices = new WeakMap<Client, MqttDevice>();
  const broker = new Aedes({
    maxClientsIdLength: 260,
    authenticate(client, username, password, done) {
      const admitted = admit(plane, {
        clientId: client.id,
        username: username ?? '',
        password: password?.toString('utf8'),
        thumbprints: thumbprintsOf(client),
      });
      if (typeof admitted === 'string') {
        plane.log('device-refused', { device: client.id, reason: admitted });
        done(refusal(admitted === 'malformed' ? BAD_USER_NAME : NOT_AUTHORIZED), false);
        return;
      }
      devices.set(client, new MqttDevice(plane, client, admitted));
      done(null, true);
    },
    authorizeSubscribe(client, subscription, done) {
      const isKnown = devices.get(client)?.subscribed(subscription.topic, subscription.qos) ?? false;
      // A refused subscription is answered with the failure code of MQTT 3.1.1.
      done(null, isKnown ? subscription : null);
    },
    authorizePublish(client, packet, done) {
      const device = client === null ? undefined : devices.get(client);
      packet.retain = false;
      if (device === undefined) return done(new Error('only devices publish here'));
      // The hub ends the connection after exactly-once deliveries and after topics that are not a device's.
      if (packet.qos === 2 || !device.received(packet.topic, Buffer.from(packet.payload))) {
        return done(new Error(`devices cannot publish to ${packet.topic.split('?')[0] ?? ''}`));
      }
      done(null);
    },
  });
  broker.on('unsubscribe', (topics, client) => {
    for (const topic of topics) devices.get(client)?.unsubscribed(topic);
  });
  broker.on('clientReady', (client) => devices.get(client)?.connected());
  broker.on('clientDisconnect', (client) => devices.get(client)?.disconnected());
  await broker.listen();

  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => socket.destroy());
    broker.handle(socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      broker.close();
      reject(error);
    });
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        broker.close();
      });
    },
  };
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error('refused'), { returnCode });
}

/** SHA-1 and SHA-256 of the client's certificate. An identity may name either. */
function thumbprintsOf(client: Client): string[] {
  const certificate = (client.conn as TLSSocket).getPeerCertificate();
  // Without a certificate the object is empty.
  const raw = certificate.raw as Buffer | undefined;
  if (raw === undefined) return [];
  return ['sha1', 'sha256'].map((algorithm) => createHash(algorithm).update(raw).digest('hex'));
}
