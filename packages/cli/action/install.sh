# Installs crctl from an archive, or the version from npm that the caller names, into the temporary folder of the runner. It has no dependencies, and none of its scripts is run.
set -euo pipefail

if [[ -z $PACKAGE && -z $VERSION ]]; then
  # No default: crctl is not published, so whoever takes the name would get the job's sign-in.
  echo '::error title=crctl::The input package is missing. crctl is not published to npm yet: name the archive that npm run package:cli has written.'
  exit 1
elif [[ -z $PACKAGE ]]; then
  if [[ ! $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
    echo '::error title=crctl::The input version is not a version such as 0.2.0.'
    exit 1
  fi
  PACKAGE="crctl@$VERSION"
elif [[ $PACKAGE == -* ]]; then
  echo '::error title=crctl::The input package begins with a hyphen.'
  exit 1
elif [[ -f $PACKAGE ]]; then
  # npm would look for it below the folder that it installs into.
  PACKAGE="$(realpath -- "$PACKAGE")"
elif [[ $PACKAGE == [./]* || ($PACKAGE == *.tgz && $PACKAGE != *://*) ]]; then
  echo '::error title=crctl::The input package names a file that does not exist.'
  exit 1
fi
folder="$RUNNER_TEMP/crctl"
mkdir -p "$folder"
# Without a manifest npm would look for one in the folders above.
[[ -f $folder/package.json ]] || echo '{"private":true}' > "$folder/package.json"
npm install --prefix "$folder" --omit=optional --ignore-scripts --no-audit --no-fund --no-save -- "$PACKAGE"
