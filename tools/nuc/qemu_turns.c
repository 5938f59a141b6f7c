/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A repair of QEMU without a display, loaded before it. With -icount an idle machine's time goes on
 * by one timer of the main thread, the warp timer, which the main thread sets at each of its turns,
 * before it looks at what has expired (main_loop_wait). When a turn finds that timer set for
 * earlier than the machine's next one, it stays (timer_mod_anticipate); it then expires in the same
 * turn, nothing of the machine's is due, and nobody sets it again: the main thread waits in ppoll()
 * without a time-out, all vCPUs wait for a timer, and the machine stands still for ever. One more
 * turn sets it. A display gives it some sixty a second; here there is one every tenth of a second
 * where there would be none. The machine sees nothing of that.
 */
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#define TURN_NS 100000000

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    static int (*next)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    static const struct timespec turn = {.tv_nsec = TURN_NS};
    const bool longer = !timeout || timeout->tv_sec > 0 || timeout->tv_nsec > TURN_NS;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "ppoll");
    return next(fds, n, longer && getpid() == gettid() ? &turn : timeout, mask);
}
