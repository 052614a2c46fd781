/**
 * Words in the error codes of Resource Manager, Container Registry, Key Vault, Event Grid, IoT Hub and Entra. A code
 * with any other word is not shown. Sources: azure-rest-api-specs; observed answers; Azure docs,
 * azure-resource-manager/troubleshooting/common-deployment-errors and iot-hub/troubleshoot-error-codes.
 */
export const CODE_WORDS: ReadonlySet<string> = new Set(
  `
  A AAD ACL ACR API ARM ARN Aad Abort Aborted Accept Acceptable Accepted Access Account Acr Action Activation
  Active Added Address Agent Allocation Allowed Already Also Ambiguous An And Anonymous Another Any Api App
  Application Archived Argument As Assignment Async Asynchronous At Attempt Attempts Attribute Audience Audiences
  Auth Authenticated Authentication Authorization Authorized Availability Available Backup Bad Basic Batch Be
  Been Being Blank Blob Block Blocked Body Bound Bulk Busy But By CIDR CORS CPU Cache Call Caller Can Cancel
  Canceled Cancelled Cannot Capacity Certificate Chain Challenge Change Changed Character Characters Check Child
  Claim Client Clients Cloud Cluster Code Collection Command Commit Common Completed Component Concurrency
  Concurrent Condition Conditional Config Configuration Configured Conflict Conflicted Conflicting Connect
  Connected Connection Connectivity Consent Constraint Container Content Contention Context Continuation
  Corrupted Could Count Create Created Creating Creation Credential Credentials Cross Current DNS Data Database
  Date Deactivated Dead Deadline Default Definition Delayed Delegation Delete Deleted Deleting Deletion Delivery
  Denied Dependency Dependent Deployment Deprecated Depth Device Devices Digest Direct Directory Disable Disabled
  Disallowed Dns Document Does Domain Down Duplicate Duration Edge Empty Enabled Endpoint Engine Enough Entities
  Entity Entra Entry Environment Error Errors Etag Event Events Exceed Exceeded Exception Execution Exist
  Existing Exists Expectation Expiration Expired Expiry External Failed Failure Feature Few Field Filter Firewall For
  Forbidden Form Format Found Free From Function Gateway Generate Generation Generic Geo Given Global Gone Grant
  Group Groups HTTP HTTPS Has Have Header Host Http Https Hub ID IP Id Idempotency Idempotent Identifier Identity
  If Image Immutability Immutable Implemented In Inactive Incompatible Incomplete Incorrect Index Inner Input
  Instance Insufficient Interaction Interactive Internal Into Invalid Invocation Iot Ip Is Issuer It Item JSON
  JWT Job Jobs Json Key Keys Kind Large Lease Length Level Limit Limited Limits Link Linked List Local Location
  Lock Locked Log Login Long MFA Maintenance Malformed Managed Management Mandatory Many Manifest Map Match Max
  Maximum Media Message Messages Method Min Minimum Mismatch Missing Mode Modified Module Modules More Moved Msal
  Multiple Must Name Names Namespace Nested Network Next No Non Nonexistent Not Null Number Object Of Off Offer
  Offline Old On Online Only Operation Operations Option Or Order Other Out Outdated Over Overload Overloaded
  Owner Page Parallel Parameter Parameters Parent Parse Part Partial Partition Password Patch Path Pattern
  Payload Payment Peek Peer Pending Period Permanent Permission Permissions Permitted Plan Platform Policies
  Policy Pool Precondition Preflight Premium Previous Primary Principal Private Privileges Processing Progress
  Properties Property Protected Protocol Provided Provider Provisioning Proxy Public Publish Purge Purgeable
  Purged Query Queue Quota RBAC Range Rate Rbac Reached Read Ready Reason Recipient Recoverable Recovered
  Recovering Recovery Redirect Redirected Reference Refresh Refused Region Register Registered Registration
  Registries Registry Rejected Remote Removed Repeated Replica Replication Replications Repository Request
  Requested Requests Required Reserved Reset Resource Resources Response Restricted Result Retention Retired
  Retry Retryable Revoked Role Root Rotation Route Rule SAS SDK SKU SSL Sas Schema Scope Secondary Secret Secrets
  Security Segment Sequence Server Service Session Set Settings Shared Shutdown Sign Signature Signed Site Size
  Sku Slot Small Soft Source Space Specified Ssl Standard State Status Stopped Storage Store Streams String
  Subject Subscription Subscriptions Success Supported Suspended Sync System TLS TTL Table Tag Tags Target Task
  Template Temporarily Temporary Tenant Terminated Test Than The This Throttle Throttled Throttling Thumbprint
  Tier Time Timed Timeout Tls To Token Tokens Too Topic Transaction Transient Transition Trial Trusted Twin Type
  UPN URI URL Unable Unacceptable Unauthorised Unauthorized Unavailable Under Unexpected Unhealthy Unique Unit
  Units Unknown Unprocessable Unreachable Unrecognized Unregistered Unspecified Unsupported Until Update Updated
  Updating Upstream Uri Url Usage Use Used User VM Validation Value Values Vault Verb Version Versions Virtual
  Visible Webhook Webhooks Weight When While Window With Without Write Wrong XML Yet Zone
`
    .trim()
    .split(/\s+/),
);

/** Codes of Node and its HTTP client for a failed connection. Source: Node docs, errors; undici docs, Errors. */
export const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'EACCES',
  'EADDRNOTAVAIL',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);
