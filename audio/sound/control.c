/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the socket that changes the policy. */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "binnacle/sound_status.h"
#include "note.h"

#define PATIENCE_MS 200 /* with whoever has connected and says nothing */

struct change {
    struct policy *policy;
    struct bn_sound_control what;
    int status;
};

static int find_vm(const struct policy *p, const char name[BN_NAME_BYTES])
{
    for (unsigned i = 0; i < p->vms; i++)
        if (strncmp(p->vm[i].name, name, BN_NAME_BYTES) == 0)
            return (int)i;
    return -ENOENT;
}

/* In the data thread, whose the policy is. */
static void change(void *data)
{
    struct change *c = data;
    const struct bn_sound_control *w = &c->what;
    const int vm = w->command == BN_SOUND_DUCK ? 0 : find_vm(c->policy, w->vm);

    if (vm < 0)
        c->status = vm;
    else if (w->command == BN_SOUND_GAIN)
        c->status = policy_set_gain(c->policy, (unsigned)vm, w->value);
    else if (w->command == BN_SOUND_MUTE)
        c->status = policy_set_mute(c->policy, (unsigned)vm, w->value != 0);
    else if (w->command == BN_SOUND_DUCK)
        c->status = policy_set_duck(c->policy, w->role, w->value);
    else
        c->status = -EINVAL;
}

/* One request a connection. */
static void handle_listener(void *data, int socket, uint32_t events)
{
    const struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
    struct control *c = data;
    struct change w = {.policy = &c->engine->mixer.policy, .status = -EINVAL};
    const int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (recv(fd, &w.what, sizeof(w.what), 0) == sizeof(w.what) &&
        w.what.magic == BN_SOUND_STATUS_MAGIC)
        graph_in_data_thread(c->graph, change, &w);
    if (send(fd, &w.status, sizeof(w.status), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(w.status))
        note("who asked for a change has not waited for the answer");
    (void)close(fd);
}

int control_init(struct control *c, struct graph *g, struct engine *e, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    *c = (struct control){.graph = g, .engine = e, .listener = -1};
    if (!path)
        return 0;
    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    memcpy(a.sun_path, path, strlen(path));
    (void)unlink(path);
    c->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->listener < 0 || bind(c->listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        chmod(path, 0600) < 0 || listen(c->listener, 4) < 0)
        return -errno;
    c->listening = pw_loop_add_io(g->loop, c->listener, SPA_IO_IN, false, handle_listener, c);
    return c->listening ? 0 : -ENOMEM;
}

void control_finish(struct control *c)
{
    if (c->listening)
        pw_loop_destroy_source(c->graph->loop, c->listening);
    if (c->listener >= 0)
        (void)close(c->listener);
}
