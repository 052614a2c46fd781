metadata description = 'Tells when Event Grid has given up on an event of a topic.'

param name string
param tags object

@description('Resource id of the topic, custom or system.')
param topicId string

@description('Microsoft.EventGrid/topics or Microsoft.EventGrid/systemTopics.')
param topicType string

@description('Resource id of the action group.')
param actionGroupId string

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    description: 'An event could not be delivered and lies in the container of dead letters. See docs/operations.md.'
    severity: 2
    enabled: true
    autoMitigate: true
    scopes: [topicId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'deadLettered'
          metricNamespace: topicType
          metricName: 'DeadLetteredCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}
