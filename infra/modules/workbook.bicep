metadata description = 'A workbook that shows the app\'s metrics.'

param location string
param tags object
param workspaceName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'connected-registry-onboarding')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Connected registry onboarding'
    category: 'workbook'
    sourceId: workspace.id
    serializedData: loadTextContent('../workbook.json')
  }
}
