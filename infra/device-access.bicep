metadata description = 'Read access of one device to its own two secrets. Deploy it to the resource group of the vault, once per client.'

param vaultName string

@description('Name of the client\'s main secret, as an operation\'s result gives it: {registry}-{connected registry}-{client}-{hash}.')
param secretName string

@description('Principal id (object id) of the device\'s identity.')
param devicePrincipalId string

var roles = loadJsonContent('modules/roles.json')

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  // Assignments work before the secrets exist, so a device can be ready for its first pull check.
  resource secrets 'secrets' existing = [
    for name in [secretName, '${secretName}-candidate']: {
      name: name
    }
  ]
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in [secretName, '${secretName}-candidate']: {
    scope: vault::secrets[index]
    name: guid(vault.id, name, devicePrincipalId, roles.keyVaultSecretsUser)
    properties: {
      principalId: devicePrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    }
  }
]
