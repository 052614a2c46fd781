metadata description = 'How events reach the app\'s functions, the same for every source.'

@export()
@sealed()
type EventRoute = {
  @description('Name of the function.')
  function: string
  eventTypes: string[]
  @description('Operations whose Resource Manager events are delivered. Empty for all operations.')
  operations: string[]
}

@export()
@description('The events of a source that are delivered to a function.')
func filterOf(route EventRoute) object =>
  empty(route.operations)
    ? { includedEventTypes: route.eventTypes }
    : {
        includedEventTypes: route.eventTypes
        advancedFilters: [{ operatorType: 'StringIn', key: 'data.operationName', values: route.operations }]
      }

@export()
@description('Retries for a day, which outlasts an outage or a busy client. Events that are still undelivered become dead letters.')
var retryPolicy = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

@export()
func deliveryOf(functionAppId string, function string) object => {
  endpointType: 'AzureFunction'
  properties: {
    resourceId: '${functionAppId}/functions/${function}'
    // One event per call, because Event Grid delivers all events of a failed call again.
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
