#!/usr/bin/env bash
# How the servers are installed and started that scripts/bench measures. PROGRAMS is where peers are installed, DATA where
# uploads go, RUN for logs and the like, PORT where to listen on 127.0.0.1, ARGS what else is said to the server.
# `start` becomes the server, so that whoever calls it has its process id.
set -euo pipefail

usage() { echo "usage: $0 install|version|start longshore|nginx|sink|miniserve|rustus|dufs" >&2; exit 2; }
[ $# = 2 ] || usage
verb=$1 server=$2
here=$(cd "$(dirname "$0")" && pwd)
: "${PROGRAMS:?}" "${ARGS:=}"
read -ra args <<<"$ARGS"

# Debian's program, without the service that an installation would start.
nginx=$(command -v nginx || echo "$PROGRAMS/nginx/usr/sbin/nginx")
unpack_nginx() {
    [ ! -x "$nginx" ] || return 0
    mkdir -p "$PROGRAMS/nginx"
    (cd "$PROGRAMS/nginx" && apt-get download -qq nginx 2>/dev/null && dpkg -x nginx_*.deb .)
}

crate() {
    [ -x "$PROGRAMS/bin/$1" ] || CARGO_TARGET_DIR="$PROGRAMS/target" cargo install --quiet --locked --root "$PROGRAMS" "$1@$2"
}

case "$verb $server" in
    'install longshore' | 'install sink') ;; # scripts/bench builds them
    'install nginx') unpack_nginx ;;
    'install miniserve') crate miniserve 0.35.0 ;;
    'install rustus') crate rustus 0.5.10 ;;
    'install dufs') crate dufs 0.47.0 ;;

    'version nginx') "$nginx" -v 2>&1 ;;
    'version longshore') "$LONGSHORE" --version ;;
    'version sink') echo 'bare TCP into a file' ;;
    'version '*) "$PROGRAMS/bin/$server" --version ;;

    # The bounds on strangers are lifted: everybody here has one address, and 16 clients are no attack.
    'start longshore')
        exec "$LONGSHORE" --bind "127.0.0.1:$PORT" --data "$DATA" --address-connections 0 --address-sessions 0 \
            --address-session-rate 0 --address-file-rate 0 --caller-file-rate 0 --caller-sessions 0 --caller-unfinished 0 --total-unfinished 0 "${args[@]}"
        ;;
    'start nginx')
        sed -e "s#@RUN@#$RUN#g; s#@DATA@#$DATA#g; s#@PORT@#$PORT#g" "$here/nginx.conf" >"$RUN/nginx.conf"
        exec "$nginx" -e "$RUN/error.log" -c "$RUN/nginx.conf" -p "$RUN"
        ;;
    'start sink') exec "$LOADGEN" sink --listen "127.0.0.1:$PORT" --dir "$DATA" "${args[@]}" ;;
    'start miniserve')
        # Its temporary files are to lie on the disk of the data, so that it can rename them.
        mkdir -p "$DATA/.tmp"
        exec "$PROGRAMS/bin/miniserve" -i 127.0.0.1 -p "$PORT" -u / --temp-directory "$DATA/.tmp" -- "$DATA"
        ;;
    'start rustus')
        exec "$PROGRAMS/bin/rustus" --host 127.0.0.1 --port "$PORT" --data-dir "$DATA" --info-dir "$DATA" "${args[@]}"
        ;;
    'start dufs') exec "$PROGRAMS/bin/dufs" -b 127.0.0.1 -p "$PORT" --allow-upload "$DATA" ;;
    *) usage ;;
esac
