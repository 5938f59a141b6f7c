/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into QEMU 10: three repairs of its SDL display with OpenGL, one of them of its clock.
 *
 * Sharing. The window of a second output is made when the guest first drives it, with no GL context
 * current (ui/sdl2-gl.c, sdl2_gl_switch), so its context shares nothing with those in which
 * virglrenderer draws, and the output stays black. Here every context shares with the first.
 *
 * Threads. With -icount, timers of the virtual clock run in the vCPU thread, virtio-gpu's fence
 * poll among them, while commands run in the main thread. A GL context that is current in one
 * thread cannot be used in another (BadAccess). All this work is done under QEMU's big lock, so
 * here a thread lets go of its context whenever it gives up that lock, and the fence poll takes one
 * first. The lock is the last one that the main thread gives up before it waits in ppoll().
 *
 * Time. With -icount the time of an idle machine is the host's. What the host needs to draw must
 * not be part of it, or a slow host would make the machine's GPU slow: drawing is finished before
 * its fence is made, and the clock that QEMU reads leaves out the time spent on it. The same goes
 * for the time by which a busy host wakes the main thread late: QEMU adds all of an idle wait to
 * the machine's time (icount_warp_rt), so that a deadline of 16 ms passes before a vCPU has run. In
 * a machine without -icount (NUC_REAL_TIME is set) time is the host's, all of it.
 */
#include <SDL2/SDL_video.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <virgl/virglrenderer.h>

#define NEXT(function) (*(void **)&(function) = dlsym(RTLD_NEXT, #function + 5))

static SDL_Window *first_window;
static SDL_GLContext first_context;
static pthread_mutex_t *big_lock;
static _Thread_local pthread_mutex_t *last_unlocked;
static _Thread_local bool holds_context;

static int (*next_pthread_mutex_unlock)(pthread_mutex_t *);
static int (*next_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static SDL_GLContext (*next_SDL_GL_CreateContext)(SDL_Window *);
static int (*next_SDL_GL_MakeCurrent)(SDL_Window *, SDL_GLContext);
static void (*next_SDL_GL_SwapWindow)(SDL_Window *);
static void (*next_virgl_renderer_poll)(void);
static int (*next_virgl_renderer_create_fence)(int, uint32_t);
static int (*next_clock_gettime)(clockid_t, struct timespec *);

static bool real_time;        /* the clock is the host's */
static int64_t lost_ns;       /* host time so far that is not the machine's */
static int64_t drawing_since; /* the clock stands while this is not 0 */
static int64_t last_ns;       /* the clock never goes back */

__attribute__((constructor)) static void find_next(void)
{
    NEXT(next_pthread_mutex_unlock);
    NEXT(next_ppoll);
    NEXT(next_SDL_GL_CreateContext);
    NEXT(next_SDL_GL_MakeCurrent);
    NEXT(next_SDL_GL_SwapWindow);
    NEXT(next_virgl_renderer_poll);
    NEXT(next_virgl_renderer_create_fence);
    NEXT(next_clock_gettime);
    real_time = getenv("NUC_REAL_TIME") != NULL;
}

static int64_t host_ns(void)
{
    struct timespec t;

    next_clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void drawing_begins(void)
{
    if (real_time)
        return;
    __atomic_store_n(&drawing_since, host_ns(), __ATOMIC_SEQ_CST);
}

static void drawing_ends(void)
{
    const int64_t since = __atomic_load_n(&drawing_since, __ATOMIC_SEQ_CST);

    if (real_time)
        return;
    __atomic_add_fetch(&lost_ns, host_ns() - since, __ATOMIC_SEQ_CST);
    __atomic_store_n(&drawing_since, 0, __ATOMIC_SEQ_CST);
}

/* Host time without what was lost, and no earlier than anybody has seen. */
static int64_t machine_ns(int64_t host)
{
    const int64_t since = __atomic_load_n(&drawing_since, __ATOMIC_SEQ_CST);
    int64_t now = (since ? since : host) - __atomic_load_n(&lost_ns, __ATOMIC_SEQ_CST);
    int64_t last = __atomic_load_n(&last_ns, __ATOMIC_SEQ_CST);

    while (now > last && !__atomic_compare_exchange_n(&last_ns, &last, now, false, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST))
        ;
    return now > last ? now : last;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int64_t ns;
    int rc;

    if (!next_clock_gettime)
        NEXT(next_clock_gettime);
    rc = next_clock_gettime(clock, t);
    if (rc == 0 && clock == CLOCK_MONOTONIC) {
        ns = machine_ns(t->tv_sec * 1000000000 + t->tv_nsec);
        t->tv_sec = ns / 1000000000;
        t->tv_nsec = ns % 1000000000;
    }
    return rc;
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
    if (!next_pthread_mutex_unlock)
        NEXT(next_pthread_mutex_unlock);
    last_unlocked = m;
    if (holds_context && m == big_lock) {
        holds_context = false;
        next_SDL_GL_MakeCurrent(NULL, NULL);
    }
    return next_pthread_mutex_unlock(m);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    const bool main_thread = getpid() == gettid();
    const int64_t since = host_ns();
    int64_t late;
    int rc;

    if (!big_lock && first_context && main_thread)
        big_lock = last_unlocked;
    rc = next_ppoll(fds, n, timeout, mask);
    if (timeout && main_thread && !real_time) {
        late = host_ns() - since - (timeout->tv_sec * 1000000000 + timeout->tv_nsec);
        if (late > 0)
            __atomic_add_fetch(&lost_ns, late, __ATOMIC_SEQ_CST);
    }
    return rc;
}

int SDL_GL_MakeCurrent(SDL_Window *window, SDL_GLContext context)
{
    holds_context = context;
    return next_SDL_GL_MakeCurrent(window, context);
}

SDL_GLContext SDL_GL_CreateContext(SDL_Window *window)
{
    SDL_GLContext context;

    if (first_context && !SDL_GL_GetCurrentContext()) {
        next_SDL_GL_MakeCurrent(first_window, first_context);
        SDL_GL_SetAttribute(SDL_GL_SHARE_WITH_CURRENT_CONTEXT, 1);
    }
    context = next_SDL_GL_CreateContext(window);
    holds_context = SDL_GL_GetCurrentContext();
    if (!first_context) {
        first_window = window;
        first_context = context;
    }
    return context;
}

void virgl_renderer_poll(void)
{
    virgl_renderer_force_ctx_0();
    next_virgl_renderer_poll();
}

int virgl_renderer_create_fence(int id, uint32_t context)
{
    static void (*finish)(void);

    if (!finish)
        *(void **)&finish = SDL_GL_GetProcAddress("glFinish");
    if (finish && !real_time && SDL_GL_GetCurrentContext()) {
        drawing_begins();
        finish();
        drawing_ends();
    }
    return next_virgl_renderer_create_fence(id, context);
}

void SDL_GL_SwapWindow(SDL_Window *window)
{
    drawing_begins();
    next_SDL_GL_SwapWindow(window);
    drawing_ends();
}
