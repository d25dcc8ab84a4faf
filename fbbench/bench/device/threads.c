/* What the kernels ask of a system with threads, on a core that has none: no second thread is granted. */
#include <errno.h>

int pthread_create(void *thread, const void *how, void *(*start)(void *), void *with);
int pthread_join(unsigned long thread, void **returned);
int sched_yield(void);
void _init(void);
void _fini(void);
unsigned fbb_fetch_and_add(volatile unsigned *at, unsigned more, int order) __asm__("__atomic_fetch_add_4");

int pthread_create(void *thread, const void *how, void *(*start)(void *), void *with)
{
    (void)thread, (void)how, (void)start, (void)with;
    return EAGAIN;
}

int pthread_join(unsigned long thread, void **returned)
{
    (void)thread, (void)returned;
    return 0;
}

int sched_yield(void) { return 0; }
void _init(void) {}
void _fini(void) {}

/* A Cortex-M0+ has no instruction for it; nobody else is there. */
__attribute__((weak)) unsigned fbb_fetch_and_add(volatile unsigned *at, unsigned more, int order)
{
    const unsigned before = *at;
    (void)order;
    *at = before + more;
    return before;
}
