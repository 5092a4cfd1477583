#!/bin/sh
# Starts the container: as root it makes the volume ours, then gives root up for good and becomes the command.
set -eu

user=openconnector
tunnel=${FRPC_CONFIG:-/etc/openconnector/frpc.toml}
certificates=${FRP_CERTIFICATES:-/certs/frp}

if [ "$(id -u)" = 0 ]; then
	# Nextcloud creates the volume, and copies certificates, as root.
	chown -R "$user:" "${APP_PERSISTENT_STORAGE:?has to name the folder that survives updates}"
	[ ! -d "$certificates" ] || chown -R "$user:" "$certificates"
	exec setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs "$0" "$@"
fi

if [ -n "${HP_SHARED_KEY:-}" ]; then
	export HP_EXAPP_SOCK="${HP_EXAPP_SOCK:-/tmp/exapp.sock}"
	if [ -d "$certificates" ]; then export FRP_CERTIFICATES="$certificates"; else unset FRP_CERTIFICATES; fi
	# Nobody else would start a tunnel that died again.
	(while true; do frpc -c "$tunnel" || true; sleep 1; done) &
fi

exec "$@"
