# bash completion of longwire; installed as share/bash-completion/completions/longwire.

# What is completed here is the whole word before the cursor, of which the shell itself sees only
# what follows the last of = : @, for it parts words there.
_longwire() {
    local line=${COMP_LINE:0:COMP_POINT} part=$2 whole word before command= index lead=
    local -a words
    whole=${line##*[[:space:]]}
    read -ra words <<<"${line%"$whole"}"
    before=${words[${#words[@]} - 1]}
    word=$whole
    if [[ $whole == --*=* ]]; then
        before=${whole%%=*}
        word=${whole#*=}
        lead=$before=
    fi
    COMPREPLY=()

    for ((index = 1; index < ${#words[@]}; index++)); do
        case ${words[index]} in
            serve | connect | bench | config | token | version)
                command=${words[index]}
                break
                ;;
        esac
    done
    _longwire_candidates
    # Of each only what is to stand in the place of what the shell sees.
    lead=${whole%"$part"}
    for index in "${!COMPREPLY[@]}"; do
        COMPREPLY[index]=${COMPREPLY[index]#"$lead"}
    done
}

# Files with what stands before their names, for an option that takes @FILE and the like.
_longwire_files() {
    compopt -o filenames
    # An @ would be quoted, as if it were of the name.
    [[ $1 == @ ]] && compopt -o noquote
    mapfile -t COMPREPLY < <(compgen -P "$lead$1" -f -- "${word#"$1"}")
}

# Sets COMPREPLY to what $word, whole, may become; $before stands before it, and $lead in it.
_longwire_candidates() {
    case $before in
        # made by tools/option-lists: begin
        --tls-cert | --tls-key | --tls-client-ca | --token-key | --token-jwks | --hook-ca | --config | --access-log)
            _longwire_files ''
            return
            ;;
        --web)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -P "$lead" -d -- "$word")
            return
            ;;
        --compress)
            mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'off shared dedicated' -- "$word")
            return
            ;;
        --forwarded-field)
            mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'X-Forwarded-For Forwarded' -- "$word")
            return
            ;;
        --log-format)
            mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'text json auto' -- "$word")
            return
            ;;
        # made by tools/option-lists: end
        --cacert | --payload | --cert | --key)
            _longwire_files ''
            return
            ;;
        --color | --colour)
            mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'auto always never' -- "$word")
            return
            ;;
        -H | --header | -u | --user | --bearer | --cookie | -x | --proxy)
            if [[ $word == @* ]]; then
                _longwire_files @
            elif [[ $word == env:* && $before != -H && $before != --header ]]; then
                mapfile -t COMPREPLY < <(compgen -P "${lead}env:" -e -- "${word#env:}")
            elif [[ $before == -x || $before == --proxy ]]; then
                compopt -o nospace
                mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'http:// socks5://' -- "$word")
            fi
            return
            ;;
        --forwarded-field)
            mapfile -t COMPREPLY < <(compgen -P "$lead" -W 'X-Forwarded-For Forwarded' -- "$word")
            return
            ;;
        -w | --wait)
            [[ $command == connect ]] && mapfile -t COMPREPLY < <(compgen -P "$lead" -W forever -- "$word")
            return
            ;;
        -s | --subprotocol | --origin | --timeout | --ping | --max-message | --pinned-key | \
            -m | --message | -n | --count | --listen | --echo | --max-backlog | \
            --max-connections | --max-connections-per-address | --max-memory | --history-memory | --threads | --spin | \
            --trusted-proxy | \
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
            [[ $word == -* ]] || options='ws:// wss:// ws+unix:/'
            compopt -o nospace
            if [[ $word == ws+unix:/* ]]; then
                _longwire_files ws+unix:
                return
            fi
            ;;
        # made by tools/option-lists: begin
        serve)
            options='--listen --unix-mode --echo --web --tls-cert --tls-key --tls-self-signed
                --tls-client-ca --compress --compress-threshold --threads --spin --max-message
                --max-backlog --max-connections --max-connections-per-address --max-memory
                --history-memory --max-header-size --max-header-count --max-control-frames
                --handshake-timeout --frame-timeout --ping-after --idle-timeout --close-timeout
                --trusted-proxy --forwarded-field --origin --token-secret --token-key
                --token-jwks --token-audience --token-issuer --publish-rate
                --publish-rate-per-user --publish-rate-per-address --request-rate-per-address
                --socketio --socketio-recovery --socketio-max-sessions
                --socketio-max-sessions-per-address --socketio-max-channels --hook-url
                --hook-connect --hook-timeout --hook-secret --hook-header --hook-at-once
                --hook-ca --admin --drain --drain-delay --config --log-format --access-log
                --verbose --help'
            ;;
        # made by tools/option-lists: end
        token)
            options='--secret --key --user --info --channel --publish --expires --audience --issuer
                --explain --help'
            ;;
        config)
            options='check default show'
            ;;
        version)
            options='--help'
            ;;
        bench)
            options='--connections --depth --rate --size --payload --binary --publishers --idle
                --handshakes --ramp --duration --warmup --threads --compress --header --timeout
                --source --cacert
                --insecure --json --quiet --allow-failed --fail-if --help'
            [[ $word == -* ]] || options='ws:// wss://'
            compopt -o nospace
            ;;
        *)
            options='serve connect bench config token version --help --version'
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    # A whole option is followed by a space, the beginning of a URL is not.
    if [[ ($command == connect || $command == bench) && $word == -* && ${#COMPREPLY[@]} -eq 1 ]]; then
        compopt +o nospace
    fi
}

complete -F _longwire longwire
