/* A team of threads that works through one call in step, with a barrier that costs less than a microsecond. */
#ifndef FBB_THREADS_H
#define FBB_THREADS_H
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define FIRST_SPINS 300 /* without a pause: a virtual machine may trap a pause in a loop, which takes longer */
#define SPINS 4000      /* a few microseconds; then the core is offered to others */

typedef struct team team;
typedef void team_work(void *job, team *all, int member);

struct team {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int round;
    _Alignas(64) atomic_int size; /* 0 until all members exist */
    team_work *work;              /* NULL: nothing is to be done after all */
    void *job;
};

static inline void breathe(unsigned spins)
{
#if defined(__x86_64__)
    if (spins > FIRST_SPINS)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
    if (spins > SPINS)
        sched_yield();
}

/* Waits until every member has come here. What they wrote before is then seen by all. */
static inline void barrier(team *all)
{
    const int size = atomic_load_explicit(&all->size, memory_order_relaxed);
    if (size == 1)
        return;
    const int round = atomic_load_explicit(&all->round, memory_order_acquire);
    if (atomic_fetch_add_explicit(&all->arrived, 1, memory_order_acq_rel) + 1 == size) {
        atomic_store_explicit(&all->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&all->round, round + 1, memory_order_release);
        return;
    }
    for (unsigned spins = 0; atomic_load_explicit(&all->round, memory_order_acquire) == round; spins++)
        breathe(spins);
}

typedef struct {
    team *all;
    int member;
} thread_start;

static void *run_member(void *start_)
{
    const thread_start *start = start_;
    for (unsigned spins = 0; !atomic_load_explicit(&start->all->size, memory_order_acquire); spins++)
        breathe(spins);
    if (start->all->work)
        start->all->work(start->all->job, start->all, start->member);
    return NULL;
}

/* Runs work(job, team, member) on up to n_threads threads, the caller's among them; fewer if the system refuses. Before,
   prepare(job, size), where it is not NULL, is told how many there are; what it returns, unless 0, is returned at once. */
static inline int run_team(team_work *work, int (*prepare)(void *job, int size), void *job, int n_threads)
{
    team all = {.work = work, .job = job};
    pthread_t threads[FBB_MAX_THREADS];
    thread_start starts[FBB_MAX_THREADS];
    int size = 1;
    for (; size < n_threads && size < FBB_MAX_THREADS; size++) {
        starts[size] = (thread_start){&all, size};
        if (pthread_create(&threads[size], NULL, run_member, &starts[size]))
            break;
    }
    const int failed = prepare ? prepare(job, size) : 0;
    if (failed)
        all.work = NULL;
    atomic_store_explicit(&all.size, size, memory_order_release);
    if (!failed)
        work(job, &all, 0);
    for (int i = 1; i < size; i++)
        pthread_join(threads[i], NULL);
    return failed;
}

/* Where member i of n begins in a range of `count`; member i + 1 begins where it ends. */
static inline int64_t share(int64_t count, int member, int size) { return count * member / size; }
#endif
