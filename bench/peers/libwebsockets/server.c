/* libwebsockets: an echo at every path, on one thread. Usage: server PORT */
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

/* Messages that wait to be sent back, in one buffer: each after its length. */
struct session {
    unsigned char* queue;
    size_t begin, end, room;
    size_t message; /* where the length of the message that comes stands */
    int in_message;
};

static void append(struct session* s, const void* bytes, size_t size) {
    if (s->begin == s->end) {
        if (!s->in_message) s->begin = s->end = 0;
    }
    if (s->end + size > s->room) {
        s->room = (s->end + size) * 2 + 256;
        s->queue = realloc(s->queue, s->room);
    }
    memcpy(s->queue + s->end, bytes, size);
    s->end += size;
}

static int on_event(struct lws* socket, enum lws_callback_reasons reason, void* user, void* in,
                    size_t size) {
    struct session* s = user;
    static unsigned char* out;
    static size_t out_room;
    switch (reason) {
        case LWS_CALLBACK_ESTABLISHED:
            memset(s, 0, sizeof *s);
            break;
        case LWS_CALLBACK_CLOSED:
            free(s->queue);
            s->queue = NULL;
            break;
        case LWS_CALLBACK_RECEIVE: {
            size_t length = 0;
            if (!s->in_message) {
                if (s->begin == s->end) s->begin = s->end = 0;
                s->message = s->end;
                append(s, &length, sizeof length);
                s->in_message = 1;
            }
            append(s, in, size);
            memcpy(&length, s->queue + s->message, sizeof length);
            length += size;
            memcpy(s->queue + s->message, &length, sizeof length);
            if (lws_is_final_fragment(socket) && lws_remaining_packet_payload(socket) == 0) {
                s->in_message = 0;
                lws_callback_on_writable(socket);
            }
            break;
        }
        case LWS_CALLBACK_SERVER_WRITEABLE: {
            size_t length;
            const size_t whole = s->in_message ? s->message : s->end;
            if (s->begin >= whole) break;
            memcpy(&length, s->queue + s->begin, sizeof length);
            if (length + LWS_PRE > out_room) {
                out_room = length + LWS_PRE;
                out = realloc(out, out_room);
            }
            memcpy(out + LWS_PRE, s->queue + s->begin + sizeof length, length);
            if (lws_write(socket, out + LWS_PRE, length, LWS_WRITE_BINARY) < 0) return -1;
            s->begin += sizeof length + length;
            if (s->begin < whole) lws_callback_on_writable(socket);
            break;
        }
        default:
            break;
    }
    return 0;
}

int main(int count, char** arguments) {
    struct lws_protocols protocols[] = {
        {"echo", on_event, sizeof(struct session), 65536, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info;
    struct lws_context* context;
    if (count < 2) return 2;
    memset(&info, 0, sizeof info);
    lws_set_log_level(LLL_ERR, NULL);
    info.port = atoi(arguments[1]);
    info.protocols = protocols;
    info.gid = info.uid = (gid_t)-1;
    info.pt_serv_buf_size = 262144;
    context = lws_create_context(&info);
    if (context == NULL) return 1;
    while (lws_service(context, 0) >= 0) {
    }
    lws_context_destroy(context);
    return 0;
}
