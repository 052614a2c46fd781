using '../main.bicep'

// After azd down, in an organisation where others make the roles.
param environmentName = 'again'
param location = 'westeurope'
param recoverVault = true
param onboardingRoleId = '/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/00000000-0000-0000-0000-00000000000a'
param appOptions = {
  OPERATOR_ROLE: ''
  POLLS_AT_ONCE: '400'
}
