metadata description = 'Two custom topics: the app receives requests on one and notifies devices on the other. No keys.'

param requestTopicName string
param signalTopicName string
param location string
param tags object

@description('Principal id of the app, which may send on the signal topic only, so that it cannot send requests to itself.')
param appPrincipalId string

@description('Resource id of the identity that Event Grid writes dead letters with.')
param eventsIdentityId string

@description('Whether only private endpoints reach them.')
param isPrivate bool

var roles = loadJsonContent('roles.json')

resource topics 'Microsoft.EventGrid/topics@2025-02-15' = [
  for name in [requestTopicName, signalTopicName]: {
    name: name
    location: location
    tags: tags
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: { '${eventsIdentityId}': {} }
    }
    properties: {
      inputSchema: 'CloudEventSchemaV1_0'
      disableLocalAuth: true
      minimumTlsVersionAllowed: '1.2'
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    }
  }
]

resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topics[1]
  name: guid(topics[1].id, 'app', roles.eventGridDataSender)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventGridDataSender)
  }
}

output signalEndpoint string = topics[1].properties.endpoint
