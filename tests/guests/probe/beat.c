/* SPDX-License-Identifier: BSD-3-Clause */
/* Is this VM well while others misbehave? A module of its own: a thread on each CPU wakes every 10
 * ms and remembers its longest absence, told when the module is removed. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>

#define BEATERS 2

static struct beater {
    struct task_struct *task;
    u64 beats, longest_ns;
} beaters[BEATERS];

static int run(void *context)
{
    struct beater *b = context;
    u64 last = ktime_get_ns();

    while (!kthread_should_stop()) {
        u64 now;

        usleep_range(10000, 10100);
        now = ktime_get_ns();
        if (now - last > b->longest_ns)
            b->longest_ns = now - last;
        last = now;
        b->beats++;
    }
    return 0;
}

static int __init beat_init(void)
{
    unsigned int i;

    for (i = 0; i < BEATERS; i++) {
        struct task_struct *task = kthread_create(run, &beaters[i], "beat/%u", i);

        if (IS_ERR(task))
            return PTR_ERR(task);
        kthread_bind(task, i);
        beaters[i].task = task;
        wake_up_process(task);
    }
    return 0;
}

static void __exit beat_exit(void)
{
    unsigned int i;

    for (i = 0; i < BEATERS; i++) {
        kthread_stop(beaters[i].task);
        pr_info("probe: beat on CPU %u: %llu beats, longest absence %llu ms\n", i, beaters[i].beats,
                beaters[i].longest_ns / 1000000);
    }
}
module_init(beat_init);
module_exit(beat_exit);
MODULE_DESCRIPTION("Binnacle isolation probe: heartbeat");
MODULE_LICENSE("Dual BSD/GPL");
