metadata description = 'Settings of the app that may be chosen. Written by "npm run infra-lists" from src/settingsSchema.ts.'

@export()
@sealed()
@description('Settings of the app by name; what is left out has the default that README.md tells.')
type AppOptions = {
  OPERATOR_ROLE: string?
  OPERATOR_PRINCIPALS: string?
  ALLOWED_ENDPOINTS: string?
  CLIENTS_PER_CONNECTED_REGISTRY: string?
  PERMISSIONS_PER_SCOPE_MAP: string?
  RETRY_FIRST_SECONDS: string?
  RETRY_MAX_SECONDS: string?
  STEP_DEADLINE_SECONDS: string?
  BIND_DEADLINE_SECONDS: string?
  REPORT_TIMEOUT_SECONDS: string?
  PULL_CHECK_DEADLINE_SECONDS: string?
  PULL_CHECK_RETRY_SECONDS: string?
  UNDO_DEADLINE_SECONDS: string?
}
