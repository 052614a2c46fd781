metadata description = 'Permissions of the app in its vault, new or existing.'

param vaultName string

@description('Principal id of the app, which writes, reads, disables and deletes credentials.')
param appPrincipalId string

@description('Whether the app may let devices read their secrets.')
param assignsDevices bool

@description('Distinguishes the assignments of several deployments to one vault.')
param deployment string

var roles = loadJsonContent('roles.json')

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource officer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, deployment, 'app', roles.keyVaultSecretsOfficer)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// A condition lets the app assign only Key Vault Secrets User, and only to service principals and devices.
resource assigner 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignsDevices) {
  scope: vault
  name: guid(vault.id, deployment, 'app', roles.roleBasedAccessControlAdministrator)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.roleBasedAccessControlAdministrator
    )
    condition: trim(loadTextContent('assignmentCondition.txt'))
    conditionVersion: '2.0'
  }
}

output uri string = vault.properties.vaultUri
