metadata description = 'A private endpoint of one service. Within the network, the default host name of the service resolves to it.'

param name string
param location string
param tags object

@description('Resource id of what it leads to.')
param target string

@description('Part of the target, for instance blob, vault or topic.')
param group string

@description('The private DNS zone for the default host name of the target.')
param zoneName string

param networkId string
param subnetId string

@description('Whether this one makes the zone; a zone is made once though several endpoints are in it.')
param makesZone bool

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (makesZone) {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'app'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: group
        properties: {
          privateLinkServiceId: target
          groupIds: [group]
        }
      }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: group
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneName) }
        }
      ]
    }
    dependsOn: [zone]
  }
}
