metadata description = 'Alerts on the app\'s own metrics, and where they go.'

param actionGroupName string
param location string
param tags object
param workspaceName string

@description('Where alerts are sent; empty leaves the action group without a receiver.')
param email string

var rules = [
  {
    name: 'operations-failed'
    description: 'An operation has failed or was taken back. See docs/operations.md.'
    severity: 2
    query: loadTextContent('../alerts/operationsFailed.kql')
    frequency: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'credentials-expiring'
    description: 'A credential expires within 14 days, so its rotation has not come about. See docs/operations.md.'
    severity: 1
    query: loadTextContent('../alerts/credentialsExpiring.kql')
    frequency: 'PT6H'
    window: 'P1D'
  }
  {
    name: 'residue-left'
    description: 'A run could not take back all that it had made. See docs/operations.md.'
    severity: 2
    query: loadTextContent('../alerts/residueLeft.kql')
    frequency: 'PT15M'
    window: 'PT15M'
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'onboarding'
    enabled: true
    emailReceivers: empty(email)
      ? []
      : [
          {
            name: 'operators'
            emailAddress: email
            useCommonAlertSchema: true
          }
        ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: rule.description
      severity: rule.severity
      enabled: true
      autoMitigate: true
      scopes: [workspace.id]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      // The tables of metrics are there only once the first one has been sent.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              minFailingPeriodsToAlert: 1
              numberOfEvaluationPeriods: 1
            }
          }
        ]
      }
      actions: { actionGroups: [actionGroup.id] }
    }
  }
]

output actionGroupId string = actionGroup.id
