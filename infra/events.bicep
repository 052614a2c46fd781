targetScope = 'subscription'

metadata description = 'Event subscriptions of the app. Deployed after the app itself (azd\'s postdeploy hook), since Event Grid accepts a function only when it is there.'

@description('The outputs of main.bicep of the same names.')
param resourceGroupName string
param functionAppId string
param requestTopicName string
param eventsIdentityId string
param storageId string
param deadLetterContainer string
param actionGroupId string

@description('Resource id of the vault whose events the app receives.')
param vaultId string
param vaultLocation string

@description('Resource id of the IoT hub whose events the app receives. Empty for no hub.')
param hubId string = ''
param hubLocation string = ''

@description('Resource ids of the registries, separated by commas. The events of their resource groups announce new connected registries.')
param registryIds string

@description('Resource ids of the system topics that this environment has in these groups, separated by commas; empty for none. They keep their names: a source has one system topic.')
param groupTopicIds string = ''

param environmentName string

var sources = loadJsonContent('modules/eventSources.json')
var tags = { 'azd-env-name': environmentName }
var token = last(split(functionAppId, '-'))

module requests 'modules/topicSubscriptions.bicep' = {
  scope: resourceGroup(resourceGroupName)
  params: {
    topicName: requestTopicName
    functionAppId: functionAppId
    routes: sources.requests
    eventsIdentityId: eventsIdentityId
    storageId: storageId
    deadLetterContainer: deadLetterContainer
  }
}

// A resource group has one system topic, for any number of registries.
var groupIds = union(map(split(registryIds, ','), id => join(take(split(trim(id), '/'), 5), '/')), [])

var keptTopicIds = split(groupTopicIds, ',')

var wanted = filter(
  concat(
    [
      {
        name: 'evgt-vault-${token}'
        source: vaultId
        location: vaultLocation
        topicType: 'Microsoft.KeyVault.vaults'
        routes: sources.vault
      }
      {
        name: 'evgt-hub-${token}'
        source: hubId
        location: hubLocation
        topicType: 'Microsoft.Devices.IoTHubs'
        routes: sources.hub
      }
    ],
    map(groupIds, id => {
      // By the group itself, not by its place, which another order of the registries changes.
      name: last(split(
        first(filter(keptTopicIds, topic => startsWith(toLower(topic), toLower('${id}/')))) ?? 'evgt-group-${uniqueString(toLower(id))}-${token}',
        '/'
      ))
      source: id
      location: 'global'
      topicType: 'Microsoft.Resources.ResourceGroups'
      routes: sources.registryGroups
    })
  ),
  one => !empty(one.source) && !empty(one.routes)
)

// A system topic must be in the subscription and the region of its source.
module systemTopics 'modules/systemTopic.bicep' = [
  for one in wanted: {
    scope: resourceGroup(split(one.source, '/')[2], split(one.source, '/')[4])
    params: {
      name: one.name
      location: one.location
      tags: tags
      source: one.source
      topicType: one.topicType
      functionAppId: functionAppId
      routes: one.routes
      eventsIdentityId: eventsIdentityId
      storageId: storageId
      deadLetterContainer: deadLetterContainer
    }
  }
]

module alerts 'modules/deadLetterAlert.bicep' = [
  for (one, index) in wanted: {
    scope: resourceGroup(resourceGroupName)
    params: {
      name: 'dead-letters-${one.name}'
      tags: tags
      topicId: systemTopics[index].outputs.id
      topicType: 'Microsoft.EventGrid/systemTopics'
      actionGroupId: actionGroupId
    }
  }
]
