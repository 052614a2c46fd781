metadata description = 'How events reach the app\'s functions, the same for every source.'

@export()
@sealed()
type EventRoute = {
  @description('Name of the function.')
  function: string
  eventTypes: string[]
  @description('Of Resource Manager\'s events: the operations that are wanted; empty for all.')
  operations: string[]
}

@export()
@description('What of a source\'s events a function is called for.')
func filterOf(route EventRoute) object =>
  empty(route.operations)
    ? { includedEventTypes: route.eventTypes }
    : {
        includedEventTypes: route.eventTypes
        advancedFilters: [{ operatorType: 'StringIn', key: 'data.operationName', values: route.operations }]
      }

@export()
@description('Tries for a day, which outlasts an outage and a busy client; what is left then is a dead letter.')
var retryPolicy = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

@export()
func deliveryOf(functionAppId string, function string) object => {
  endpointType: 'AzureFunction'
  properties: {
    resourceId: '${functionAppId}/functions/${function}'
    // One event a call: a call that fails brings all of its events again.
    maxEventsPerBatch: 1
    preferredBatchSizeInKilobytes: 64
  }
}

@export()
func deadLettersOf(identityId string, storageId string, container string) object => {
  identity: { type: 'UserAssigned', userAssignedIdentity: identityId }
  deadLetterDestination: {
    endpointType: 'StorageBlob'
    properties: {
      resourceId: storageId
      blobContainerName: container
    }
  }
}
