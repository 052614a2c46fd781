metadata description = 'Subscriptions of the request topic that lead to the app\'s functions.'

import { EventRoute, deliveryOf, deadLettersOf, filterOf, retryPolicy } from 'delivery.bicep'

param topicName string
param functionAppId string
param routes EventRoute[]
param eventsIdentityId string
param storageId string
param deadLetterContainer string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource subscriptions 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [
  for route in routes: {
    parent: topic
    name: route.function
    properties: {
      destination: deliveryOf(functionAppId, route.function)
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: filterOf(route)
      retryPolicy: retryPolicy
      deadLetterWithResourceIdentity: deadLettersOf(eventsIdentityId, storageId, deadLetterContainer)
    }
  }
]
