metadata description = 'Permissions of the app on an existing IoT hub: to read devices and to call their methods.'

param hubName string

@description('Principal id of the app.')
param appPrincipalId string

@description('Distinguishes the assignments of several deployments to one hub.')
param deployment string

var roles = loadJsonContent('roles.json')

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hub
  name: guid(hub.id, deployment, 'app', roles.iotHubDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.iotHubDataContributor)
  }
}

output host string = hub.properties.hostName
