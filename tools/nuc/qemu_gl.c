/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into QEMU 10: five repairs of its SDL display with OpenGL, one of them of its clock.
 *
 * Sharing. The window of a second output is made when the guest first drives it, with no GL context
 * current (ui/sdl2-gl.c, sdl2_gl_switch), so its context shares nothing with those in which
 * virglrenderer draws, and the output stays black. Here every context shares with the first.
 *
 * Outputs. When the guest turns one off, its window goes first and with it the shader that pictures
 * are shown by; then its scanout is given up (sdl2_gl_scanout_disable), and a texture is asked for
 * by that shader, which ends QEMU. There is nothing to be shown: here none is made.
 *
 * Threads. With -icount, timers of the virtual clock run in the vCPU thread, virtio-gpu's fence
 * poll among them, while commands run in the main thread. A GL context that is current in one
 * thread cannot be used in another (BadAccess). All this work is done under QEMU's big lock, so
 * here a thread lets go of its context whenever it gives up that lock, and the fence poll takes one
 * first. The lock is the last one that the main thread gives up before it waits in ppoll().
 *
 * Time. With -icount the time of an idle machine is the host's: QEMU adds all of an idle wait to it
 * (icount_warp_rt). What the host needs meanwhile to draw, to compile a shader, or to wake QEMU's
 * main thread must not be part of it, or a slow or busy host would move the machine past a frame's
 * deadline before a vCPU has run. So the clock that QEMU reads goes on only while its main thread
 * waits in ppoll(), and there no further than the time-out, which is the next timer's. Drawing is
 * finished before its fence is made, by the main thread, so that it is never waited for. In a
 * machine without -icount (NUC_REAL_TIME is set) time is the host's, all of it.
 *
 * Fences. Where time is the host's, drawing is not waited for, and QEMU looks whether it is
 * finished every 10 ms (virtio_gpu_fence_poll): longer than most frames take, so that what is
 * measured would be the wait. A GPU says so by an interrupt. Here it is looked for every
 * millisecond, by a timer of ours. (A preload cannot stand in for what QEMU's program itself
 * defines, such as its timers: a program's own symbols come first. It can for what QEMU's modules
 * define.)
 */
#include <SDL2/SDL_video.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>
#include <virgl/virglrenderer.h>

#define OPENGL_MODULE "/usr/lib/x86_64-linux-gnu/qemu/ui-opengl.so"

/* QEMU's own, which its display calls. */
void surface_gl_create_texture(void *shader, void *surface);

/* QEMU's timers (include/qemu/timer.h), of which one is ours. */
void timer_init_full(void *timer, void *group, int clock, int scale, int attributes,
                     void (*expired)(void *), void *argument);
void timer_mod_ns(void *timer, int64_t expire_ns);
int64_t qemu_clock_get_ns(int clock);

#define CLOCK_VIRTUAL 1
#define FENCE_POLL_NS 1000000
#define FENCE_POLLS   100 /* after the last fence was made; QEMU's own polls go on */

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
static void (*next_virgl_renderer_poll)(void);
static int (*next_virgl_renderer_create_fence)(int, uint32_t);
static int (*next_clock_gettime)(clockid_t, struct timespec *);

static bool real_time; /* the clock is the host's */
/*
 * The machine's clock, in ns: stopped at `now`, or, while the main thread waits, as much further as
 * the host's has gone since `since`, at most `limit`. Sequence number: 0 before the main thread's
 * first wait, when the clock is the host's; odd while it is being changed.
 */
static struct {
    uint32_t sequence;
    bool waits;
    int64_t now, since, limit;
} machine;

__attribute__((constructor)) static void find_next(void)
{
    NEXT(next_pthread_mutex_unlock);
    NEXT(next_ppoll);
    NEXT(next_SDL_GL_CreateContext);
    NEXT(next_SDL_GL_MakeCurrent);
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

static int64_t machine_ns(void)
{
    uint32_t before, after;
    int64_t now, gone;

    do {
        before = __atomic_load_n(&machine.sequence, __ATOMIC_ACQUIRE);
        now = __atomic_load_n(&machine.now, __ATOMIC_RELAXED);
        if (__atomic_load_n(&machine.waits, __ATOMIC_RELAXED)) {
            gone = host_ns() - __atomic_load_n(&machine.since, __ATOMIC_RELAXED);
            now += MIN(gone, __atomic_load_n(&machine.limit, __ATOMIC_RELAXED));
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        after = __atomic_load_n(&machine.sequence, __ATOMIC_RELAXED);
    } while (before != after || (before & 1));
    return now;
}

/* By the main thread only: the clock goes on, for `limit` at most, or stops where it is. */
static void set_clock(bool waits, int64_t limit)
{
    const int64_t now = machine.sequence ? machine_ns() : host_ns();

    __atomic_store_n(&machine.sequence, machine.sequence + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&machine.now, now, __ATOMIC_RELAXED);
    __atomic_store_n(&machine.since, host_ns(), __ATOMIC_RELAXED);
    __atomic_store_n(&machine.limit, limit, __ATOMIC_RELAXED);
    __atomic_store_n(&machine.waits, waits, __ATOMIC_RELAXED);
    __atomic_store_n(&machine.sequence, machine.sequence + 1, __ATOMIC_RELEASE);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int64_t ns;

    if (!next_clock_gettime)
        NEXT(next_clock_gettime);
    if (clock != CLOCK_MONOTONIC || !machine.sequence)
        return next_clock_gettime(clock, t);
    ns = machine_ns();
    t->tv_sec = ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
    return 0;
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
    int rc;

    if (!main_thread)
        return next_ppoll(fds, n, timeout, mask);
    if (!big_lock && first_context)
        big_lock = last_unlocked;
    if (real_time)
        return next_ppoll(fds, n, timeout, mask);
    set_clock(true, timeout ? timeout->tv_sec * 1000000000 + timeout->tv_nsec : INT64_MAX);
    rc = next_ppoll(fds, n, timeout, mask);
    set_clock(false, 0);
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

void surface_gl_create_texture(void *shader, void *surface)
{
    static void (*next)(void *, void *);

    if (!shader)
        return;
    if (!next) { /* in a module that is loaded later than this */
        void *module = dlopen(OPENGL_MODULE, RTLD_NOW | RTLD_NOLOAD);

        *(void **)&next = module ? dlsym(module, "surface_gl_create_texture") : NULL;
    }
    if (next)
        next(shader, surface);
}

void virgl_renderer_poll(void)
{
    virgl_renderer_force_ctx_0();
    next_virgl_renderer_poll();
}

static struct {
    uint64_t opaque[16]; /* a QEMUTimer has 48 bytes */
    unsigned left;       /* 0: it has not been made, or has been given up */
} fence_poll;

static void poll_fences(void *unused)
{
    (void)unused;
    virgl_renderer_poll();
    if (--fence_poll.left)
        timer_mod_ns(fence_poll.opaque, qemu_clock_get_ns(CLOCK_VIRTUAL) + FENCE_POLL_NS);
}

static void poll_soon(void)
{
    static bool made;

    if (!made)
        timer_init_full(fence_poll.opaque, NULL, CLOCK_VIRTUAL, 1, 0, poll_fences, NULL);
    made = true;
    if (!fence_poll.left)
        timer_mod_ns(fence_poll.opaque, qemu_clock_get_ns(CLOCK_VIRTUAL) + FENCE_POLL_NS);
    fence_poll.left = FENCE_POLLS;
}

int virgl_renderer_create_fence(int id, uint32_t context)
{
    static void (*finish)(void);

    if (!finish)
        *(void **)&finish = SDL_GL_GetProcAddress("glFinish");
    if (real_time)
        poll_soon();
    else if (finish && SDL_GL_GetCurrentContext())
        finish();
    return next_virgl_renderer_create_fence(id, context);
}
