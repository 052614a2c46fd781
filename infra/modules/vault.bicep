metadata description = 'A vault for credentials: access by roles, nothing is lost by a deletion.'

param name string
param location string
param tags object

@description('Whether only private endpoints and Azure\'s own services reach it.')
param isPrivate bool

@description('Whether the vault is recovered from its deletion, with its secrets.')
param recovers bool

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: recovers ? 'recover' : 'default'
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}
