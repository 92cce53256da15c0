# bash completion of longwire; installed as share/bash-completion/completions/longwire.

_longwire() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= index
    COMPREPLY=()

    for ((index = 1; index < COMP_CWORD; index++)); do
        case ${COMP_WORDS[index]} in
            serve | connect | bench | config | token)
                command=${COMP_WORDS[index]}
                break
                ;;
        esac
    done

    case $before in
        --cacert | --payload | --config | --token-key | --token-jwks | --cert | --key | --tls-cert | --tls-key | --tls-client-ca)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
        --web)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return
            ;;
        --compress)
            mapfile -t COMPREPLY < <(compgen -W 'off shared dedicated' -- "$word")
            return
            ;;
        --color | --colour)
            mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word")
            return
            ;;
        -H | --header | -u | --user | --bearer | --cookie | -x | --proxy)
            # What begins with @ is a file.
            if [[ $word == @* ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -P @ -f -- "${word#@}")
            fi
            return
            ;;
        -s | --subprotocol | --origin | --timeout | --ping | --max-message | --pinned-key | \
            -m | --message | -w | --wait | -n | --count | --listen | --echo | --max-backlog | \
            --max-connections | --max-connections-per-address | --max-memory | --threads | --spin | \
            --max-header-size | --max-header-count | --max-control-frames | \
            --handshake-timeout | --frame-timeout | --ping-after | --idle-timeout | \
            --close-timeout | --connections | --depth | --rate | --size | --publishers | --ramp | \
            --duration | --warmup | --fail-if | -c | -d)
            return
            ;;
    esac

    local options
    case $command in
        connect)
            options='--header --subprotocol --origin --user --bearer --cookie --location --proxy
                --no-proxy --timeout --ping --reconnect --compress --max-message --cacert --cert
                --key --pinned-key --insecure --message --one-message --binary --wait --count
                --json --pretty --time --color --colour --quiet --help'
            [[ $word == -* ]] || options='ws:// wss://'
            # The : of a URL parts words.
            compopt -o nospace
            ;;
        serve)
            options='--listen --echo --web --tls-cert --tls-key --tls-self-signed --tls-client-ca
                --compress --compress-threshold --max-message --max-backlog --max-connections
                --max-connections-per-address --max-memory --max-header-size --max-header-count
                --max-control-frames --handshake-timeout --frame-timeout --ping-after
                --idle-timeout --close-timeout --threads --spin --origin --token-secret
                --token-key --token-jwks --token-audience --token-issuer --publish-rate
                --publish-rate-per-user --publish-rate-per-address --socketio
                --socketio-recovery --socketio-max-sessions
                --socketio-max-sessions-per-address --admin --drain --config --verbose --help'
            ;;
        token)
            options='--secret --key --user --info --channel --publish --expires --audience --issuer
                --explain --help'
            ;;
        config)
            options='check default show'
            ;;
        bench)
            options='--connections --depth --rate --size --payload --binary --publishers --idle
                --handshakes --ramp --duration --warmup --threads --compress --header --timeout
                --source --cacert
                --insecure --json --quiet --fail-if --help'
            [[ $word == -* ]] || options='ws:// wss://'
            compopt -o nospace
            ;;
        *)
            options='serve connect bench config token --help --version'
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    # A whole option is followed by a space, the beginning of a URL is not.
    if [[ ($command == connect || $command == bench) && $word == -* && ${#COMPREPLY[@]} -eq 1 ]]; then
        compopt +o nospace
    fi
}

complete -F _longwire longwire
