metadata description = 'Puts the keys that sign pull-check reports into the vault, through Resource Manager, so that whoever deploys needs no right to read secrets.'

param vaultName string

@description('Name of the secret.')
param name string

@secure()
@description('id:base64url of at least 32 random bytes, separated by commas; the first signs.')
param keys string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  resource secret 'secrets' = {
    name: name
    properties: {
      value: keys
      contentType: 'text/plain'
      attributes: { enabled: true }
    }
  }
}
