# Runs `crctl plan` or `crctl apply`, and says how it ended: in the log, in the summary of the job, and in outputs.
set -euo pipefail

crctl="$RUNNER_TEMP/crctl/node_modules/.bin/crctl"
work="$(mktemp -d "$RUNNER_TEMP/crctl-run.XXXXXX")"
data="$work/data.txt" words="$work/words.txt"

# No sign-in and no context of whoever has installed the runner.
export CRCTL_CONFIG="$work/contexts.json"
unset CRCTL_KEY_FILE CRCTL_CONTEXT CRCTL_LOCAL
if [[ -n $CRCTL_SCOPE ]]; then unset CRCTL_KEY; fi
# Without these inputs those of the job's own environment count.
if [[ -n $TENANT_ID ]]; then export AZURE_TENANT_ID="$TENANT_ID"; fi
if [[ -n $CLIENT_ID ]]; then
  export AZURE_CLIENT_ID="$CLIENT_ID"
  # Those of the job's environment belong to another application, and would be tried before the job's own token.
  unset AZURE_FEDERATED_TOKEN_FILE AZURE_CLIENT_SECRET AZURE_USERNAME AZURE_PASSWORD
  unset AZURE_CLIENT_CERTIFICATE_PATH AZURE_CLIENT_CERTIFICATE_PASSWORD AZURE_CLIENT_SEND_CERTIFICATE_CHAIN
  # Without one of these crctl would sign in as whoever uses the Azure CLI.
  if [[ -n $CRCTL_SCOPE && ( -z ${ACTIONS_ID_TOKEN_REQUEST_URL:-} || -z ${AZURE_TENANT_ID:-} ) ]]; then
    echo '::error title=crctl::The input client-id needs the permission id-token: write in the job, and the input tenant-id.'
    exit 1
  fi
fi
if [[ -n $AUDIENCE ]]; then export CRCTL_OIDC_AUDIENCE="$AUDIENCE"; fi

# The path is an output, and outputs are lines.
if [[ $PLAN_FILE == *[[:cntrl:]]* ]]; then
  echo '::error title=crctl::The input plan-file has a line break or another control character.'
  exit 1
fi

flags=()
if [[ -n $REGISTRY ]]; then flags+=("--registry=$REGISTRY"); fi
if [[ -n $MAX_DELETES ]]; then flags+=(--prune "--max-deletes=$MAX_DELETES"); fi
case "$COMMAND" in
  plan)
    plan="${PLAN_FILE:-$work/plan.json}"
    flags+=(--detailed-exitcode "--out=$plan")
    ;;
  apply)
    flags+=(--yes)
    if [[ -n $TIMEOUT ]]; then flags+=("--timeout=$TIMEOUT"); fi
    ;;
  *)
    echo '::error title=crctl::The input command is neither plan nor apply.'
    exit 1
    ;;
esac

# Names and messages come from elsewhere: until the end they are no commands of a workflow, whatever they look like.
stop="$(node --print 'crypto.randomUUID()')"
echo "::stop-commands::$stop"
set +e
"$crctl" "$COMMAND" "${flags[@]}" -- "$FILE" 2>&1 > "$data" | tee "$words"
code="${PIPESTATUS[0]}"
set -e
cat "$data"
# On a line of its own, even if the last one has no end.
printf '\n::%s::\n' "$stop"

changes=''
if [[ $COMMAND == plan ]]; then
  case "$code" in
    0) changes=false ;;
    2) changes=true ;;
  esac
fi
COMMAND="$COMMAND" CODE="$code" DATA="$data" WORDS="$words" node "$GITHUB_ACTION_PATH/report.mjs"
{
  echo "exit-code=$code"
  echo "changes=$changes"
  if [[ -n $changes ]]; then echo "plan-file=$plan"; fi
} >> "$GITHUB_OUTPUT"

# Of a plan, 2 is a success with changes.
if [[ $changes == true ]]; then exit 0; fi
exit "$code"
