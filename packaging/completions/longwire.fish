# fish completion of longwire; installed as share/fish/vendor_completions.d/longwire.fish.

# What may stand in a file or in the environment, so as not to stand on the command line.
function __longwire_secret
    set -l word (commandline -ct)
    if string match -q -- '@*' $word
        __longwire_files @ $word
    else if string match -q -- 'env:*' $word
        string replace -r '^' env: (set --names -x)
    end
end

# Paths after what stands before them in the word.
function __longwire_files
    string replace -r '^' -- $argv[1] (__fish_complete_path (string replace -- $argv[1] '' $argv[2]))
end

function __longwire_header
    set -l word (commandline -ct)
    string match -q -- '@*' $word; and __longwire_files @ $word
end

function __longwire_url
    set -l word (commandline -ct)
    if string match -q -- 'ws+unix:/*' $word
        __longwire_files ws+unix: $word
    else
        printf '%s\n' ws:// wss:// ws+unix:/
    end
end

complete -c longwire -f
complete -c longwire -n __fish_use_subcommand -a serve -d 'Serve channels, an echo and a page'
complete -c longwire -n __fish_use_subcommand -a connect -d 'Talk to a WebSocket server'
complete -c longwire -n __fish_use_subcommand -a bench -d 'Measure a WebSocket server under load'
complete -c longwire -n __fish_use_subcommand -a config -d 'Look over and explain the configuration'
complete -c longwire -n __fish_use_subcommand -a token -d 'Make a token for a client'
complete -c longwire -n __fish_use_subcommand -a version -d 'Print the version, the commit and the build'
complete -c longwire -n __fish_use_subcommand -l version -d 'Print the version'
complete -c longwire -s h -l help -d 'Print the help'

set -l connect '__fish_seen_subcommand_from connect'
complete -c longwire -n $connect -a '(__longwire_url)'
complete -c longwire -n $connect -s H -l header -x -a '(__longwire_header)' -d 'A further header field, or @FILE'
complete -c longwire -n $connect -s s -l subprotocol -x -d 'A subprotocol to offer'
complete -c longwire -n $connect -l origin -x -d 'The Origin to send'
complete -c longwire -n $connect -s u -l user -x -a '(__longwire_secret)' -d 'Basic authorization, @FILE or env:NAME'
complete -c longwire -n $connect -l bearer -x -a '(__longwire_secret)' -d 'Bearer authorization, @FILE or env:NAME'
complete -c longwire -n $connect -l cookie -x -a '(__longwire_secret)' -d 'Cookies to send, @FILE or env:NAME'
complete -c longwire -n $connect -s L -l location -d 'Follow redirects'
complete -c longwire -n $connect -s x -l proxy -x -a 'http:// socks5:// (__longwire_secret)' -d 'Go through a proxy'
complete -c longwire -n $connect -l no-proxy -d 'Ignore the proxies that the environment names'
complete -c longwire -n $connect -l timeout -x -d 'How long connecting may take (seconds)'
complete -c longwire -n $connect -l ping -x -d 'Send a ping this often (seconds)'
complete -c longwire -n $connect -l reconnect -d 'Connect again when there is no connection'
complete -c longwire -n $connect -l compress -x -a 'off shared dedicated' -d 'Offer compression'
complete -c longwire -n $connect -l max-message -x -d 'The largest message to accept'
complete -c longwire -n $connect -l cacert -r -F -d 'Trust the roots in this PEM file'
complete -c longwire -n $connect -l cert -r -F -d 'A certificate to show (PEM)'
complete -c longwire -n $connect -l key -r -F -d 'Its private key (PEM)'
complete -c longwire -n $connect -l pinned-key -x -d 'Accept only a certificate with this key'
complete -c longwire -n $connect -s k -l insecure -d 'Accept any certificate'
complete -c longwire -n $connect -s m -l message -x -d 'Send this, and not standard input'
complete -c longwire -n $connect -s 1 -l one-message -d 'All of standard input is one message'
complete -c longwire -n $connect -s b -l binary -d 'Binary messages in and out'
complete -c longwire -n $connect -s w -l wait -x -a forever -d 'Close when quiet for this long (seconds)'
complete -c longwire -n $connect -s n -l count -x -d 'Close after this many messages'
complete -c longwire -n $connect -s j -l json -d 'One JSON object a line for each event'
complete -c longwire -n $connect -s p -l pretty -d 'Format messages that are JSON'
complete -c longwire -n $connect -s t -l time -d 'Print the time before each message'
complete -c longwire -n $connect -l color -x -a 'auto always never' -d 'Colours'
complete -c longwire -n $connect -l colour -x -a 'auto always never' -d 'Colours'
complete -c longwire -n $connect -s q -l quiet -d 'Failures in one line'

set -l serve '__fish_seen_subcommand_from serve'
# made by tools/option-lists: begin
complete -c longwire -n $serve -l listen -x -d 'Address to listen on'
complete -c longwire -n $serve -l unix-mode -x -d 'Permissions of Unix sockets that the server creates, --admin\'s too'
complete -c longwire -n $serve -l echo -x -d 'Path of the echo'
complete -c longwire -n $serve -l web -x -a '(__fish_complete_directories)' -d 'Folder whose files are served at /'
complete -c longwire -n $serve -l tls-cert -r -F -d 'A PEM file with a certificate and its intermediates'
complete -c longwire -n $serve -l tls-key -r -F -d 'Its private key (PEM)'
complete -c longwire -n $serve -l tls-self-signed -d 'Serve HTTPS and WSS only, with a certificate that is created at start and that no client trusts'
complete -c longwire -n $serve -l tls-client-ca -r -F -d 'Accept only clients with a certificate from one of these roots (PEM)'
complete -c longwire -n $serve -l compress -x -a 'off shared dedicated' -d 'Compress messages'
complete -c longwire -n $serve -l compress-threshold -x -d 'Smaller messages are sent uncompressed'
complete -c longwire -n $serve -l threads -x -d 'Threads that share the connections'
complete -c longwire -n $serve -l spin -x -d 'Microseconds that an idle thread polls before it sleeps'
complete -c longwire -n $serve -l max-message -x -d 'Largest message, over all its fragments'
complete -c longwire -n $serve -l max-backlog -x -d 'Most data that waits for a slow reader'
complete -c longwire -n $serve -l max-connections -x -d 'Connections in total'
complete -c longwire -n $serve -l max-connections-per-address -x -d 'Connections of one IPv4 address or IPv6 /64'
complete -c longwire -n $serve -l max-memory -x -d 'Memory for histories, slow readers and unfinished messages'
complete -c longwire -n $serve -l history-memory -x -d 'The part of it for histories'
complete -c longwire -n $serve -l max-header-size -x -d 'Request line and header fields'
complete -c longwire -n $serve -l max-header-count -x -d 'Header fields of a request'
complete -c longwire -n $serve -l max-control-frames -x -d 'Pings and pongs per second from one peer'
complete -c longwire -n $serve -l handshake-timeout -x -d 'Time for a whole request to arrive'
complete -c longwire -n $serve -l frame-timeout -x -d 'Time for a whole frame to arrive, and 1s more for each 4 KiB of it'
complete -c longwire -n $serve -l ping-after -x -d 'Send a ping to a peer that has been silent for this long'
complete -c longwire -n $serve -l idle-timeout -x -d 'Close a connection whose peer has been silent for this long'
complete -c longwire -n $serve -l close-timeout -x -d 'Time for the peer to answer a close frame'
complete -c longwire -n $serve -l trusted-proxy -x -d 'A proxy that is trusted to report the client\'s address'
complete -c longwire -n $serve -l forwarded-field -x -a 'X-Forwarded-For Forwarded' -d 'The header field that these proxies write'
complete -c longwire -n $serve -l origin -x -d 'Pages of this origin, such as https://example.org, may connect'
complete -c longwire -n $serve -l token-secret -x -d 'The secret that tokens are signed with (HS256), of 32 bytes or more'
complete -c longwire -n $serve -l token-key -r -F -d 'A public key (PEM) that verifies tokens (RS256, ES256, EdDSA)'
complete -c longwire -n $serve -l token-jwks -r -F -d 'A JWK Set with keys that verify tokens'
complete -c longwire -n $serve -l token-audience -x -d 'Tokens must be for this audience'
complete -c longwire -n $serve -l token-issuer -x -d 'Tokens must be from this issuer'
complete -c longwire -n $serve -l publish-rate -x -d 'Messages per second that a connection may publish'
complete -c longwire -n $serve -l publish-rate-per-user -x -d 'Messages per second that a user may publish'
complete -c longwire -n $serve -l publish-rate-per-address -x -d 'Messages per second that an address may publish'
complete -c longwire -n $serve -l request-rate-per-address -x -d 'Handshakes and channel requests per second of an address'
complete -c longwire -n $serve -l socketio -x -d 'Path for Socket.IO clients, whose namespaces are channels'
complete -c longwire -n $serve -l socketio-recovery -x -d 'How long a disconnected Socket.IO client can still recover what it missed'
complete -c longwire -n $serve -l socketio-max-sessions -x -d 'Socket.IO clients in total'
complete -c longwire -n $serve -l socketio-max-sessions-per-address -x -d 'Socket.IO clients of one address'
complete -c longwire -n $serve -l socketio-max-channels -x -d 'Channels that a Socket.IO client may subscribe to at a time'
complete -c longwire -n $serve -l hook-url -x -d 'Your own server, asked by POST where a rule says webhook'
complete -c longwire -n $serve -l hook-connect -x -d 'Your own server, asked by POST who each client is'
complete -c longwire -n $serve -l hook-timeout -x -d 'Time for its answer'
complete -c longwire -n $serve -l hook-secret -x -d 'The secret that signs these requests (HMAC-SHA256 in Longwire-Signature), of 32 bytes or more'
complete -c longwire -n $serve -l hook-header -x -d 'A header field of the client that is sent along, such as Cookie'
complete -c longwire -n $serve -l hook-at-once -x -d 'Requests to it at the same time'
complete -c longwire -n $serve -l hook-ca -r -F -d 'Root certificates (PEM) for it, instead of the system\'s'
complete -c longwire -n $serve -l admin -x -d 'Address for the operator, with /healthz, /readyz, /metrics and /channels'
complete -c longwire -n $serve -l drain -x -d 'On SIGTERM, close the connections gradually over this time'
complete -c longwire -n $serve -l drain-delay -x -d 'Before that, keep serving and accepting for this long while /readyz says 503, so that a load balancer notices'
complete -c longwire -n $serve -l config -r -F -d 'Configuration file'
complete -c longwire -n $serve -l log-format -x -a 'text json auto' -d 'Form of log lines'
complete -c longwire -n $serve -l access-log -r -F -d 'Write a line for each request, and for each WebSocket when it closes'
complete -c longwire -n $serve -l verbose -d 'Log the events of each connection'
# made by tools/option-lists: end

set -l bench '__fish_seen_subcommand_from bench'
complete -c longwire -n $bench -a 'ws:// wss://'
complete -c longwire -n $bench -s c -l connections -x -d 'Connections; with --publishers, those that subscribe'
complete -c longwire -n $bench -l depth -x -d 'Messages of a connection on their way at a time'
complete -c longwire -n $bench -l rate -x -d 'Messages a second, whatever the answers do'
complete -c longwire -n $bench -l size -x -d 'Bytes of a message'
complete -c longwire -n $bench -l payload -r -F -d 'The message is what this file holds'
complete -c longwire -n $bench -s b -l binary -d 'Binary messages'
complete -c longwire -n $bench -l publishers -x -d 'So many connections publish'
complete -c longwire -n $bench -l idle -d 'Connections only'
complete -c longwire -n $bench -l handshakes -d 'Connections that are closed at once'
complete -c longwire -n $bench -l ramp -x -d 'New connections a second'
complete -c longwire -n $bench -s d -l duration -x -d 'How long to measure'
complete -c longwire -n $bench -l warmup -x -d 'What comes before is not counted'
complete -c longwire -n $bench -l threads -x -d 'Threads that make the load'
complete -c longwire -n $bench -l compress -x -a 'off shared dedicated' -d 'Offer compression'
complete -c longwire -n $bench -s H -l header -x -d 'A further header field'
complete -c longwire -n $bench -l timeout -x -d 'How long connecting may take'
complete -c longwire -n $bench -l source -x -d 'Connect from these addresses'
complete -c longwire -n $bench -l cacert -r -F -d 'Trust the roots in this PEM file'
complete -c longwire -n $bench -s k -l insecure -d 'Accept any certificate'
complete -c longwire -n $bench -s j -l json -d 'One JSON object'
complete -c longwire -n $bench -s q -l quiet -d 'No line of progress'
complete -c longwire -n $bench -l allow-failed -d 'Connections that fail do not end it with 5'
complete -c longwire -n $bench -l fail-if -x -d 'End with 1 if this holds'

set -l token '__fish_seen_subcommand_from token'
complete -c longwire -n $token -l secret -x -d 'Sign with a secret'
complete -c longwire -n $token -l key -r -F -d 'Sign with a private key'
complete -c longwire -n $token -l user -x -d 'Who it is for'
complete -c longwire -n $token -l info -x -d 'What others see beside the user'
complete -c longwire -n $token -l channel -x -d 'May subscribe to these'
complete -c longwire -n $token -l publish -x -d 'May publish on these'
complete -c longwire -n $token -l expires -x -d 'How long it is valid'
complete -c longwire -n $token -l audience -x -d 'For this audience'
complete -c longwire -n $token -l issuer -x -d 'Of this issuer'
complete -c longwire -n $token -l explain -x -d 'Show what a token says'

set -l config '__fish_seen_subcommand_from config'
complete -c longwire -n $config -a 'check default show'
complete -c longwire -n $config -F
