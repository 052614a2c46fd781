metadata description = 'Lets the app count the role assignments of the vault\'s subscription, which may have 4,000.'

targetScope = 'subscription'

@description('Principal id of the app.')
param appPrincipalId string

@description('Distinguishes the roles of several deployments to one subscription.')
param deployment string

var role = loadJsonContent('assignmentCounterRole.json')

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, deployment, role.name)
  properties: {
    // The name of a role must be unique in the tenant.
    roleName: '${role.name} (${deployment})'
    description: role.description
    type: 'CustomRole'
    permissions: [
      {
        actions: role.actions
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [subscription().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, deployment, 'app', role.name)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition.id
  }
}
