metadata description = 'The app on Flex Consumption: Node.js 22, identities for everything it reaches, no keys in its settings.'

param name string
param planName string
param location string
param tags object

@description('Resource id and client id of the app\'s identity.')
param identityId string
param identityClientId string

@description('Resource ids and client ids of additional identities, which only call Resource Manager.')
param furtherIdentityIds string[]
param furtherClientIds string[]

param storageName string
param storageSuffix string
param packageContainer string

@description('Resource ids of the registries that the app works on, the default one first.')
param registryIds string[]

param vaultUri string
@description('Resource id of the vault.')
param vaultId string
@description('URLs of additional vaults, in the order of their resource ids.')
param furtherVaultUris string[]
param furtherVaultIds string[]
@description('Name of the secret that holds the report keys.')
param reportKeyName string
param signalEndpoint string
param telemetryConnectionString string

@description('Entra\'s and Resource Manager\'s addresses in this cloud.')
param authority string
param resourceManager string

@description('Whether the durable state is kept by a Durable Task Scheduler instead of the storage account.')
param usesScheduler bool

@description('Connection string of the scheduler: its address and the sign-in method, without a secret.')
param schedulerConnection string
param taskHubName string

param maximumInstanceCount int
param instanceMemoryMB int

@description('Subnet for outgoing traffic; empty for none.')
param subnetId string

@description('Host name of the IoT Hub; empty for none.')
param hubHost string

@description('Client id of the app registration that operators sign in to; empty leaves them the function key.')
param operatorClientId string

@description('Settings of the app beyond those that follow from the resources.')
param options object

// azd fills in an empty text for a variable that is not set.
var chosen = toObject(filter(items(options), one => !empty(one.value)), one => one.key, one => one.value)

// Requests that one instance accepts in addition to polls.
var otherRequests = 50

var storageUrls = {
  blob: 'https://${storageName}.blob.${storageSuffix}'
  queue: 'https://${storageName}.queue.${storageSuffix}'
  table: 'https://${storageName}.table.${storageSuffix}'
}

// Settings of the host. It reaches storage and telemetry by identity.
var hostSettings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: storageUrls.blob
  AzureWebJobsStorage__queueServiceUri: storageUrls.queue
  AzureWebJobsStorage__tableServiceUri: storageUrls.table
  // The host reads a body before the app is asked: no more of it than Event Grid delivers at once (1 MB, and its headers).
  // Longer rollouts are sent compressed.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1114112'
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

var durableSettings = usesScheduler
  ? {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnection
      AzureFunctionsJobHost__extensions__durableTask__hubName: taskHubName
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
    }
  : {
      // An idle instance is to look into its queues often enough on this plan.
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval: '00:00:10'
    }

// Settings of the app (docs/settings.md).
var appSettings = {
  REGISTRIES: join(registryIds, ',')
  // A single vault has settings of its own, several vaults have lists. An empty setting counts as absent.
  KEY_VAULT_URL: empty(furtherVaultIds) ? vaultUri : ''
  KEY_VAULT_URLS: empty(furtherVaultIds) ? '' : join(concat([vaultUri], furtherVaultUris), ',')
  KEY_VAULT_RESOURCE_ID: empty(furtherVaultIds) ? vaultId : ''
  KEY_VAULT_RESOURCE_IDS: empty(furtherVaultIds) ? '' : join(concat([vaultId], furtherVaultIds), ',')
  SIGNAL_TOPIC_ENDPOINT: signalEndpoint
  REPORT_KEYS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${reportKeyName})'
  CREDENTIAL_KIND: 'managedIdentity'
  AZURE_CLIENT_ID: identityClientId
  ARM_IDENTITIES: join(furtherClientIds, ',')
  AZURE_TENANT_ID: tenant().tenantId
  AZURE_AUTHORITY_HOST: authority
  ARM_ENDPOINT: resourceManager
  ARM_AUDIENCE: resourceManager
  IOT_HUBS: hubHost
  OPERATOR_AUTH: empty(operatorClientId) ? 'functionKey' : 'entra'
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(concat([identityId], furtherIdentityIds), id => id, id => {})
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    // The identity that resolves settings that refer to the vault.
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storageUrls.blob}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        // Only an instance reads the queues of durable work, so one is always ready.
        alwaysReady: [{ name: 'durable', instanceCount: 1 }]
        // Requests beyond this have the platform add an instance. A poll that waits is a request too, so all that the app holds
        // up (POLLS_AT_ONCE) must fit, with the others.
        triggers: { http: { perInstanceConcurrency: min(1000, int(chosen.?POLLS_AT_ONCE ?? '200') + otherRequests) } }
      }
      runtime: { name: 'node', version: '22' }
    }
  }

  // Checks operators' tokens, and lets those in who bring none: devices and Event Grid. docs/operators.md says why.
  resource authentication 'config' = if (!empty(operatorClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: false
        unauthenticatedClientAction: 'AllowAnonymous'
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: operatorClientId
            openIdIssuer: '${authority}/${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [operatorClientId, 'api://${operatorClientId}'] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }

  // The app refuses to start with Entra for operators before the platform checks their tokens.
  resource settings 'config' = {
    name: 'appsettings'
    properties: { ...hostSettings, ...durableSettings, ...appSettings, ...chosen }
    dependsOn: [authentication]
  }

  // The deployment of the package also uses an identity.
  resource sourceControl 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource fileTransfer 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output host string = app.properties.defaultHostName
