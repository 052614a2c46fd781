using '../main.bicep'

param environmentName = 'sovereign'
param location = 'usgovvirginia'
param cloud = 'AzureUSGovernment'
param privateNetworking = true
