using '../device-access.bicep'

param vaultName = 'their-vault'
param secretName = 'myregistry-myconnectedregistry-device-1-0123456789ab'
param devicePrincipalId = '00000000-0000-0000-0000-000000000007'
