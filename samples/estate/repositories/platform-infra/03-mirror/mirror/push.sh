#!/bin/sh
# The shop's repository, mirrored to the second host every night. NOT OK: the deploy key lies beside the script, and may write
set -eu
GIT_SSH_COMMAND="ssh -i $(dirname "$0")/shop-web.key -o IdentitiesOnly=yes" git clone --mirror git@github.com:harbour-coffee/shop-web.git
git -C shop-web.git push --mirror https://git.harbour-coffee.internal/mirror/shop-web.git
