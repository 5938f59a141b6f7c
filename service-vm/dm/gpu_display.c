/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the start of the process that shows a foreign GPU's pictures. */
#include "gpu_display.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define FIRST_FD 3  /* behind the standard ones */
#define SPARE_FD 10 /* above both of the child's */

static _Noreturn void serve(int socket, int changed, pid_t parent, const struct gvt_display *d)
{
    sigset_t none;
    int rc;

    (void)sigemptyset(&none);
    if (prctl(PR_SET_NAME, "dm-display") < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
        getppid() != parent || sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
        (socket = fcntl(socket, F_DUPFD, SPARE_FD)) < 0 ||
        (changed = fcntl(changed, F_DUPFD, SPARE_FD)) < 0 || dup2(socket, FIRST_FD) < 0 ||
        dup2(changed, FIRST_FD + 1) < 0 || close_range(FIRST_FD + 2, ~0u, 0) < 0)
        _exit(1);
    rc = gvt_display_run(FIRST_FD, FIRST_FD + 1, d);
    if (rc < 0)
        log_line("display: %s", strerror(-rc));
    _exit(rc < 0);
}

int gpu_display_start(struct gpu_display *g, const struct gvt_display *d)
{
    const pid_t parent = getpid();
    int pair[2], rc = 0;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    *g = (struct gpu_display){pair[0], eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (g->changed < 0) {
        rc = -errno;
        close(pair[1]);
        gpu_display_close(g);
        return rc;
    }
    pid = fork();
    if (pid == 0) {
        close(pair[0]);
        serve(pair[1], g->changed, parent, d);
    }
    rc = pid < 0 ? -errno : 0;
    close(pair[1]);
    if (rc < 0)
        gpu_display_close(g);
    return rc;
}
