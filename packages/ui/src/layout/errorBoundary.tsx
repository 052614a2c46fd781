import { Component, type ComponentChildren } from 'preact';

interface Props {
  readonly children: ComponentChildren;
}

/** Shows that a view failed, instead of an empty page. A new place in the page gets a new boundary (`key`). */
export class ErrorBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static override getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>This view could not be shown.</strong> Reload the page: the app may have another version now. The
          browser's console has the error.
        </p>
      </div>
    );
  }
}
