using '../main.bicep'

param environmentName = 'scheduler'
param location = 'westeurope'
param durableBackend = 'durableTaskScheduler'
