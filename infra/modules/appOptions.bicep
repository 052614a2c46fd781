metadata description = 'Settings of the app that may be chosen. Written by "npm run infra-lists" from src/settings/settingsSchema.ts.'

@export()
@sealed()
@description('Settings of the app by name; an absent one has the default of docs/settings.md.')
type AppOptions = {
  ARM_READ_BUCKET: string?
  ARM_READS_PER_SECOND: string?
  ARM_WRITE_BUCKET: string?
  ARM_WRITES_PER_SECOND: string?
  ARM_DELETE_BUCKET: string?
  ARM_DELETES_PER_SECOND: string?
  REGISTRY_API_VERSION: string?
  CONNECTED_REGISTRY_API_VERSION: string?
  OPERATOR_ROLE: string?
  OPERATOR_PRINCIPALS: string?
  ALLOWED_ENDPOINTS: string?
  FLEET_PAGE: string?
  FLEET_PAGE_KEYS: string?
  PROFILES: string?
  REQUEST_EVENTS: string?
  IOT_HUB_AUDIENCE: string?
  POLL_AUDIENCE: string?
  POLLS_AT_ONCE: string?
  REPORTS_PER_MINUTE: string?
  SILENT_AFTER_DAYS: string?
  INVENTORY_CACHE_SECONDS: string?
  CLIENTS_PER_CONNECTED_REGISTRY: string?
  PERMISSIONS_PER_SCOPE_MAP: string?
  RETRY_FIRST_SECONDS: string?
  RETRY_MAX_SECONDS: string?
  STEP_DEADLINE_SECONDS: string?
  BIND_DEADLINE_SECONDS: string?
  REPORT_TIMEOUT_SECONDS: string?
  PULL_CHECK_DEADLINE_SECONDS: string?
  PULL_CHECK_RETRY_SECONDS: string?
  ACTIVATION_DEADLINE_SECONDS: string?
  CHECK_SCHEDULE: string?
  UNDO_DEADLINE_SECONDS: string?
  CREDENTIAL_LIFETIME_DAYS: string?
  NEAR_EXPIRY_EVENTS: string?
  ROTATE_AFTER: string?
  ROTATION_SPREAD_HOURS: string?
  ROTATION_SWEEP_SCHEDULE: string?
  ROTATION_WAVE_SIZE: string?
  ROTATION_WAVE_SECONDS: string?
  ROTATION_FAILURE_LIMIT: string?
  ROTATION_RETRY_SECONDS: string?
  ROTATION_FREEZE_WINDOWS: string?
  PASSWORD_REPLICATION_SECONDS: string?
  SYNC_DEADLINE_SECONDS: string?
  OVERLAP_SECONDS: string?
  AGENT_REFRESH_SECONDS: string?
  PURGE_AFTER_DAYS: string?
}
