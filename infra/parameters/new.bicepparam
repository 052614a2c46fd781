using '../main.bicep'

param environmentName = 'new'
param location = 'westeurope'
param alertEmail = 'operators@example.com'
