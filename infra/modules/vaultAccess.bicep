metadata description = 'What the app may do in its vault, be it new or brought.'

param vaultName string

@description('Principal id of the app, which writes, reads, disables and deletes credentials.')
param appPrincipalId string

@description('Tells the assignments of several deployments to one vault apart.')
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

output uri string = vault.properties.vaultUri
