import { render } from 'preact';
import { Api } from './data/api.js';
import { browserWorld } from './data/browserWorld.js';
import { InventoryReader } from './data/inventory.js';
import { PollBook } from './data/pollBook.js';
import { Page } from './layout/page.js';
import { ServicesProvider } from './layout/services.js';
import { Session, type SignIn } from './session/session.js';

const SIGN_INS: readonly SignIn[] = ['entra', 'key', 'keyOnLoopback'];
const named = SIGN_INS.find((one) => one === document.documentElement.dataset['signIn']);
// Without a word of the app, a key may be typed in on the operator's own machine only.
const session = new Session(named ?? 'keyOnLoopback', window.location.hostname);
// This script is {api}/ui/{file}.
const api = new Api(new URL('../', import.meta.url).href, session, window.fetch.bind(window));
const services = {
  session,
  api,
  polls: new PollBook(browserWorld),
  inventory: new InventoryReader(api, browserWorld),
  world: browserWorld,
};

const place = document.getElementById('page');
if (place !== null)
  render(
    <ServicesProvider value={services}>
      <Page />
    </ServicesProvider>,
    place,
  );
