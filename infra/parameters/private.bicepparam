using '../main.bicep'

param environmentName = 'private'
param location = 'westeurope'
param privateNetworking = true
