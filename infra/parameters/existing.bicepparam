using '../main.bicep'

param environmentName = 'existing'
param location = 'westeurope'
// In other resource groups, the second registry and the hub in another subscription too.
param existingRegistryIds = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/imagesone, /subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/imagestwo'
param existingVaultId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/their-vault'
// One beside it and one in another subscription.
param furtherVaultIds = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/second-vault, /subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/third-vault'
param existingHubId = '/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/devices/providers/Microsoft.Devices/IotHubs/their-hub'
param additionalIdentities = 2
param deviceAccess = true
param operatorClientId = '00000000-0000-0000-0000-000000000005'
param appOptions = {
  OPERATOR_ROLE: 'Onboarding.Operate'
  ALLOWED_ENDPOINTS: 'edge.example.com:5000'
  CLIENTS_PER_CONNECTED_REGISTRY: '20'
}
