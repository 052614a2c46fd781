targetScope = 'subscription'

import { AppOptions } from 'modules/appOptions.bicep'

metadata description = 'Connected-registry onboarding: the function app and the resources that it needs, with least privilege. docs/deploy.md describes the deployment.'

@description('Name of the environment. Resource names derive from it.')
@minLength(1)
@maxLength(32)
param environmentName string

@minLength(1)
param location string

@description('Resource group of the created resources. By default its name derives from the name of the environment.')
param resourceGroupName string = ''

@description('The Azure cloud of the deployment.')
@allowed(['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'])
param cloud string = 'AzureCloud'

@description('Resource ids of the registries that the app manages, separated by commas, the default registry first. Empty creates a registry.')
param existingRegistryIds string = ''

@description('Resource id of a vault that uses Azure RBAC. Empty creates a vault.')
param existingVaultId string = ''

@description('Resource ids of additional vaults that use Azure RBAC, separated by commas. New clients are distributed over all vaults. If you remove a vault that still holds secrets of clients, the runs of these clients stop (docs/settings.md).')
param furtherVaultIds string = ''

@description('Resource id of the IoT hub whose devices are clients. Empty for no hub.')
param existingHubId string = ''

@description('Storage of the durable state.')
@allowed(['azureStorage', 'durableTaskScheduler'])
param durableBackend string = 'azureStorage'

@allowed(['Consumption', 'Dedicated'])
param durableTaskSchedulerSku string = 'Consumption'

@description('Whether storage, vault and topics accept traffic only from the virtual network of the app.')
param privateNetworking bool = false

@description('Address prefix of the virtual network, at least a /23.')
param networkPrefix string = '10.83.0.0/16'

@description('Client id of the app registration that operators sign in to (docs/operators.md). If it is empty, operators use the function key.')
param operatorClientId string = ''

@description('Whether to recover the deleted vault of this environment, whose name stays reserved for 90 days. The preprovision hook sets it.')
param recoverVault bool = false

@description('Resource id of an existing role definition with the actions of modules/onboardingRole.json, for a deployment without permission to create role definitions. Empty creates a role definition for each registry.')
param onboardingRoleId string = ''

@description('Number of additional identities of the app, each with the same role on every registry. Resource Manager counts requests per identity, so the limits add up (docs/operations.md).')
@minValue(0)
@maxValue(14)
param additionalIdentities int = 0

@description('Whether the app may give devices with an Entra identity read access to their own secrets. This assigns a role with a condition on the vault, and a role to count role assignments on its subscription (docs/security.md).')
param deviceAccess bool = false

@description('Email address that receives alerts. Empty creates the alerts without a receiver.')
param alertEmail string = ''

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Settings of the app that differ from their defaults (docs/settings.md).')
param appOptions AppOptions = {}

// With Entra sign-in, the app admits only operators with the given role or principal id.
var operators = empty(operatorClientId) || !empty(appOptions.?OPERATOR_ROLE) || !empty(appOptions.?OPERATOR_PRINCIPALS)
  ? operatorClientId
  : fail('operatorClientId (OPERATOR_CLIENT_ID) needs OPERATOR_ROLE or OPERATOR_PRINCIPALS in appOptions: without either nobody could operate the app.')

var cloudFacts = loadJsonContent('modules/clouds.json')[cloud]
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName

var names = {
  appIdentity: 'id-app-${token}'
  eventsIdentity: 'id-events-${token}'
  workspace: 'log-${token}'
  telemetry: 'appi-${token}'
  storage: 'st${token}'
  vault: 'kv-${token}'
  registry: 'cr${token}'
  requestTopic: 'evgt-requests-${token}'
  signalTopic: 'evgt-signals-${token}'
  scheduler: 'dts-${token}'
  plan: 'plan-${token}'
  app: 'func-${token}'
  network: 'vnet-${token}'
  alerts: 'ag-${token}'
}
var packageContainer = 'app-package'
var deadLetterContainer = 'dead-letters'
var taskHubName = 'onboarding'
var reportKeyName = 'report-keys'
var usesScheduler = durableBackend == 'durableTaskScheduler'

var ownRegistryId = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.ContainerRegistry/registries/${names.registry}'
var ownVaultId = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.KeyVault/vaults/${names.vault}'
var registryIds = empty(existingRegistryIds) ? [ownRegistryId] : map(split(existingRegistryIds, ','), id => trim(id))
var vaultId = empty(existingVaultId) ? ownVaultId : existingVaultId
var furtherVaults = map(filter(split(furtherVaultIds, ','), id => !empty(trim(id))), id => trim(id))
// The app counts role assignments in the subscription of each vault.
var furtherSubscriptions = filter(union(map(furtherVaults, id => split(id, '/')[2]), []), id => id != split(vaultId, '/')[2])
var identitiesId = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities'
var appIdentityId = '${identitiesId}/${names.appIdentity}'
var eventsIdentityId = '${identitiesId}/${names.eventsIdentity}'
var storageId = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.Storage/storageAccounts/${names.storage}'
var topicsId = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.EventGrid/topics'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module appIdentity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: names.appIdentity
    location: location
    tags: tags
  }
}

module furtherIdentities 'modules/identity.bicep' = [
  for n in range(2, additionalIdentities): {
    scope: group
    params: {
      name: 'id-app-${n}-${token}'
      location: location
      tags: tags
    }
  }
]

// The identity that Event Grid uses to write dead letters.
module eventsIdentity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: names.eventsIdentity
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.telemetry
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
    retentionDays: logRetentionDays
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.storage
    location: location
    tags: tags
    packageContainer: packageContainer
    deadLetterContainer: deadLetterContainer
    appPrincipalId: appIdentity.outputs.principalId
    eventsPrincipalId: eventsIdentity.outputs.principalId
    holdsDurableState: !usesScheduler
    isPrivate: privateNetworking
  }
}

module vault 'modules/vault.bicep' = if (empty(existingVaultId)) {
  scope: group
  params: {
    name: names.vault
    location: location
    tags: tags
    isPrivate: privateNetworking
    recovers: recoverVault
  }
}

module vaultAccess 'modules/vaultAccess.bicep' = {
  scope: resourceGroup(split(vaultId, '/')[2], split(vaultId, '/')[4])
  params: {
    vaultName: split(vaultId, '/')[8]
    appPrincipalId: appIdentity.outputs.principalId
    assignsDevices: deviceAccess
    deployment: token
  }
  dependsOn: [vault]
}

module furtherVaultAccess 'modules/vaultAccess.bicep' = [
  for id in furtherVaults: {
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      vaultName: split(id, '/')[8]
      appPrincipalId: appIdentity.outputs.principalId
      assignsDevices: deviceAccess
      deployment: token
    }
  }
]

module furtherAssignmentCounters 'modules/assignmentCounter.bicep' = [
  for id in (deviceAccess ? furtherSubscriptions : []): {
    scope: subscription(id)
    params: {
      appPrincipalId: appIdentity.outputs.principalId
      // The name of a role must be unique in the tenant.
      deployment: '${token}-${id}'
    }
  }
]

module assignmentCounter 'modules/assignmentCounter.bicep' = if (deviceAccess) {
  scope: subscription(split(vaultId, '/')[2])
  params: {
    appPrincipalId: appIdentity.outputs.principalId
    deployment: token
  }
}

module registry 'modules/registry.bicep' = if (empty(existingRegistryIds)) {
  scope: group
  params: {
    name: names.registry
    location: location
    tags: tags
  }
}

module registryAccess 'modules/registryAccess.bicep' = [
  for id in registryIds: {
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      registryName: split(id, '/')[8]
      appPrincipalId: appIdentity.outputs.principalId
      furtherPrincipalIds: [for n in range(0, additionalIdentities): furtherIdentities[n].outputs.principalId]
      deployment: token
      roleId: onboardingRoleId
    }
    dependsOn: [registry]
  }
]

module hubAccess 'modules/hubAccess.bicep' = if (!empty(existingHubId)) {
  scope: resourceGroup(split(existingHubId, '/')[?2] ?? '', split(existingHubId, '/')[?4] ?? '')
  params: {
    hubName: split(existingHubId, '/')[?8] ?? ''
    appPrincipalId: appIdentity.outputs.principalId
    deployment: token
  }
}

module topics 'modules/topics.bicep' = {
  scope: group
  params: {
    requestTopicName: names.requestTopic
    signalTopicName: names.signalTopic
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
    eventsIdentityId: eventsIdentityId
    isPrivate: privateNetworking
  }
  dependsOn: [eventsIdentity]
}

module scheduler 'modules/durableTaskScheduler.bicep' = if (usesScheduler) {
  scope: group
  params: {
    schedulerName: names.scheduler
    taskHubName: taskHubName
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
    sku: durableTaskSchedulerSku
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: tags
    addressPrefix: networkPrefix
  }
}

var storageEndpoints = map(usesScheduler ? ['blob'] : ['blob', 'queue', 'table'], part => {
  name: 'pe-${part}-${token}'
  target: storageId
  group: part
  zone: 'privatelink.${part}.${cloudFacts.storageSuffix}'
  makesZone: true
})
var vaultEndpoints = empty(existingVaultId)
  ? [
      {
        name: 'pe-vault-${token}'
        target: ownVaultId
        group: 'vault'
        zone: cloudFacts.privateZones.vault
        makesZone: true
      }
    ]
  : []
var topicEndpoints = map([names.requestTopic, names.signalTopic], topic => {
  name: 'pe-${topic}'
  target: '${topicsId}/${topic}'
  group: 'topic'
  zone: cloudFacts.privateZones.topic
  makesZone: topic == names.requestTopic
})

@batchSize(1)
module privateEndpoints 'modules/privateEndpoint.bicep' = [
  for endpoint in (privateNetworking ? concat(storageEndpoints, vaultEndpoints, topicEndpoints) : []): {
    scope: group
    params: {
      name: endpoint.name
      location: location
      tags: tags
      target: endpoint.target
      group: endpoint.group
      zoneName: endpoint.zone
      networkId: network!.outputs.networkId
      subnetId: network!.outputs.endpointSubnetId
      makesZone: endpoint.makesZone
    }
    dependsOn: [storage, vault, topics]
  }
]

module app 'modules/functionApp.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: tags
    identityId: appIdentityId
    identityClientId: appIdentity.outputs.clientId
    furtherIdentityIds: map(range(2, additionalIdentities), n => '${identitiesId}/id-app-${n}-${token}')
    furtherClientIds: [for n in range(0, additionalIdentities): furtherIdentities[n].outputs.clientId]
    storageName: names.storage
    storageSuffix: cloudFacts.storageSuffix
    packageContainer: packageContainer
    registryIds: registryIds
    vaultUri: vaultAccess.outputs.uri
    vaultId: vaultId
    furtherVaultUris: [for n in range(0, length(furtherVaults)): furtherVaultAccess[n].outputs.uri]
    furtherVaultIds: furtherVaults
    reportKeyName: reportKeyName
    signalEndpoint: topics.outputs.signalEndpoint
    telemetryConnectionString: monitoring.outputs.connectionString
    authority: cloudFacts.authority
    resourceManager: cloudFacts.resourceManager
    usesScheduler: usesScheduler
    schedulerConnection: usesScheduler
      ? 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${appIdentity.outputs.clientId};TaskHub=${taskHubName}'
      : ''
    taskHubName: taskHubName
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    hubHost: empty(existingHubId) ? '' : hubAccess!.outputs.host
    operatorClientId: operators
    options: appOptions
  }
  dependsOn: [storage, registryAccess, privateEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    actionGroupName: names.alerts
    location: location
    tags: tags
    workspaceName: names.workspace
    email: alertEmail
  }
  dependsOn: [monitoring]
}

module deadLetterAlerts 'modules/deadLetterAlert.bicep' = [
  for name in [names.requestTopic, names.signalTopic]: {
    scope: group
    params: {
      name: 'dead-letters-${name}'
      tags: tags
      topicId: '${topicsId}/${name}'
      topicType: 'Microsoft.EventGrid/topics'
      actionGroupId: alerts.outputs.actionGroupId
    }
    dependsOn: [topics]
  }
]

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

// azd stores the outputs for the hooks and for later deployments. No output is a secret.
output AZURE_RESOURCE_GROUP string = groupName
output FUNCTION_APP_ID string = '${subscription().id}/resourceGroups/${groupName}/providers/Microsoft.Web/sites/${names.app}'
output FUNCTION_APP_HOST string = app.outputs.host
output VAULT_ID string = vaultId
output REGISTRY_IDS string = join(registryIds, ',')
output REPORT_KEY_NAME string = reportKeyName
output REQUEST_TOPIC_NAME string = names.requestTopic
output SIGNAL_TOPIC_NAME string = names.signalTopic
output EVENTS_IDENTITY_ID string = eventsIdentityId
output STORAGE_ID string = storageId
output DEAD_LETTER_CONTAINER string = deadLetterContainer
output ACTION_GROUP_ID string = alerts.outputs.actionGroupId
