/** Events of one Invictus flow in the wrong order; `config/samples/invictus-flow.json` holds the same. */
export const sampleFlow: readonly object[] = [
  {
    Time: '2019-07-23 08:55:06.2500000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Invoice',
      Status: 'Completed',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Invoice system',
      Version: 'v1.2.3',
    },
    Properties: {
      Milestone: 'Invoice booked',
      EventText: 'Invoice 42 is in the ledger',
    },
  },
  {
    Time: '2019-07-23 08:55:04.0500000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Invoice',
      Status: 'Started',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Invoice system',
      Version: 'v1.2.3',
    },
    Properties: {
      Milestone: 'LA-A-Reached',
      EventText: 'Line1-A',
      Data: {
        MyKey1: 'MyValue1',
        MyKey2: 'MyValue2',
      },
    },
    Azure: {
      ResourceId:
        '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo/providers/Microsoft.Logic/workflows/invoice',
      PortalLink: 'https://portal.azure.com/to-your-resource',
    },
  },
  {
    Time: '2019-07-23 08:55:04.3000000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: '3e8e3fa4-b85a-4ee6-aaea-e0fd82008f8c',
      ParentId: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Validate',
      Status: 'Started',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Invoice system',
      Version: 'v1.2.3',
    },
  },
  {
    Time: '2019-07-23 08:55:04.9800000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: '3e8e3fa4-b85a-4ee6-aaea-e0fd82008f8c',
      ParentId: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Validate',
      Status: 'Completed',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Invoice system',
      Version: 'v1.2.3',
    },
  },
  {
    Time: '2019-07-23 08:55:05.0100000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: 'notify-customer',
      ParentId: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Notify customer',
      Status: 'Started',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Mail gateway',
      Version: 'v1.2.3',
    },
  },
  {
    Time: '2019-07-23 08:55:05.7300000 +00:00',
    ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
    Step: {
      Id: 'notify-customer',
      ParentId: '8ecd1ea4-de94-4741-9c4a-a18477398299',
      Name: 'Notify customer',
      Status: 'Failed',
    },
    Mappings: {
      Domain: 'Invoicing',
      Action: 'New invoice',
      Service: 'Mail gateway',
      Version: 'v1.2.3',
    },
    Error: {
      Code: '123',
      Description: 'there was a failure during this operation',
    },
  },
]
