/** Long work. */
export interface Work<Step> {
    /** Stops the work when it is aborted: `cancelled`, its reason kept as the cause. */
    signal?: AbortSignal | undefined;
    /** Called with the progress. An error that it throws stops the work, which is then rejected with it. */
    onProgress?: ((step: Step) => void) | undefined;
}
