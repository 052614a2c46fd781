# Installs crctl from an archive into the temporary folder of the runner. It has no dependencies, and none of its scripts is run.
set -euo pipefail

# npm reads every other text as a name in its registry or as a repository on GitHub. Nobody of this project has these names, so whoever
# takes one would get the job's sign-in.
if [[ -z $PACKAGE ]]; then
  echo '::error title=crctl::The input package is missing: the archive that npm run package:cli has written, as a path or an address that begins with https://.'
  exit 1
elif [[ -f $PACKAGE ]]; then
  # npm would look for it below the folder that it installs into.
  PACKAGE="$(realpath -- "$PACKAGE")"
elif [[ $PACKAGE != https://* ]]; then
  echo '::error title=crctl::The input package is neither a file that exists nor an address that begins with https://. crctl is not published to npm yet: name the archive that npm run package:cli has written.'
  exit 1
fi
folder="$RUNNER_TEMP/crctl"
mkdir -p "$folder"
# Without a manifest npm would look for one in the folders above.
[[ -f $folder/package.json ]] || echo '{"private":true}' > "$folder/package.json"
npm install --prefix "$folder" --omit=optional --ignore-scripts --no-audit --no-fund --no-save -- "$PACKAGE"
