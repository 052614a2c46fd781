metadata description = 'Events of one Azure resource, and the subscriptions that lead them to the app\'s functions.'

import { EventRoute, deliveryOf, deadLettersOf, filterOf, retryPolicy } from 'delivery.bicep'

param name string

@description('Location of the source. A system topic must be in the location of its source.')
param location string
param tags object

@description('Resource id of the source.')
param source string

@description('For instance Microsoft.KeyVault.vaults.')
param topicType string

param functionAppId string
param routes EventRoute[]
param eventsIdentityId string
param storageId string
param deadLetterContainer string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${eventsIdentityId}': {} }
  }
  properties: {
    source: source
    topicType: topicType
  }

  resource subscriptions 'eventSubscriptions' = [
    for route in routes: {
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
}

output id string = topic.id
