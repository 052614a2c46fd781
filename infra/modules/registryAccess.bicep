metadata description = 'The app\'s own role, and its assignment on one registry alone.'

param registryName string

@description('Principal id of the app.')
param appPrincipalId string

@description('Principal ids of additional identities of the app.')
param furtherPrincipalIds string[] = []

@description('Distinguishes the roles of several deployments.')
param deployment string

@description('Resource id of the role definition to assign. Empty creates a role definition.')
param roleId string = ''

var role = loadJsonContent('onboardingRole.json')

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (empty(roleId)) {
  name: guid(registry.id, deployment, role.name)
  properties: {
    // The name of a role must be unique in the tenant.
    roleName: '${role.name} (${registryName}, ${deployment})'
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
    assignableScopes: [resourceGroup().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, deployment, 'app', role.name)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: empty(roleId) ? definition.id : roleId
  }
}

resource furtherAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (principalId, n) in furtherPrincipalIds: {
    scope: registry
    name: guid(registry.id, deployment, 'app-${n + 2}', role.name)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: empty(roleId) ? definition.id : roleId
    }
  }
]
