using '../events.bicep'

param environmentName = 'existing'
param resourceGroupName = 'rg-existing'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-existing/providers/Microsoft.Web/sites/func-abc'
param requestTopicName = 'evgt-requests-abc'
param eventsIdentityId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-existing/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events-abc'
param storageId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-existing/providers/Microsoft.Storage/storageAccounts/stabc'
param deadLetterContainer = 'dead-letters'
param actionGroupId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-existing/providers/Microsoft.Insights/actionGroups/ag-abc'
param vaultId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/their-vault'
param vaultLocation = 'westeurope'
param hubId = '/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/devices/providers/Microsoft.Devices/IotHubs/their-hub'
param hubLocation = 'northeurope'
// Of the second group, from an earlier version, which numbered the groups.
param groupTopicIds = '/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/images/providers/Microsoft.EventGrid/systemTopics/evgt-group-1-abc'
// Two in one group, one in another subscription.
param registryIds = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/imagesone,/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/imagesthree,/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/imagestwo'
