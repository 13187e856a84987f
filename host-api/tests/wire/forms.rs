//! Reports in the forms that they are read in.

use crate::common::scripted::{Plan, Scripted};
use crate::common::seed::proposal;
use crate::common::{Host, LONG, fields};
use host_api::proto::{
    GetValidationRequest, RenderReportRequest, ReportForm, SubmitProposedToolRequest,
    WatchValidationRequest,
};
use tonic::Code;
use validation::{Budget, ReportForm as Form, ValidationReport, Verdict};

async fn submitted(host: &Host) -> String {
    let request = SubmitProposedToolRequest {
        tool: Some((&proposal("new", "1.0.0")).into()),
        ..Default::default()
    };
    let mut client = host.validation().await;
    let answer = client.submit_proposed_tool(request).await.unwrap();
    answer.into_inner().proposal_id
}

fn wanted(proposal_id: &str, form: ReportForm) -> RenderReportRequest {
    RenderReportRequest {
        proposal_id: proposal_id.to_owned(),
        form: form.into(),
        budget_tokens: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_comes_in_every_form_as_it_is_made_elsewhere() {
    let host = Host::with(&[]).await;
    let id = submitted(&host).await;
    let mut client = host.validation().await;
    let watch = WatchValidationRequest {
        proposal_id: id.clone(),
    };
    let mut steps = client.watch_validation(watch).await.unwrap().into_inner();
    let over = async { while steps.message().await.unwrap().is_some() {} };
    tokio::time::timeout(LONG, over).await.expect("an end");
    let get = GetValidationRequest {
        proposal_id: id.clone(),
    };
    let known = client.get_validation(get).await.unwrap().into_inner();
    let report = ValidationReport::try_from(known.report.unwrap()).unwrap();
    for (wire, form) in [
        (ReportForm::Json, Form::Json),
        (ReportForm::Sarif, Form::Sarif),
        (ReportForm::Junit, Form::Junit),
        (ReportForm::Html, Form::Html),
        (ReportForm::Agent, Form::Agent),
    ] {
        let answer = client.render_report(wanted(&id, wire)).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.media_type, form.media_type());
        assert_eq!(
            answer.content,
            report.render(form, Budget::default()),
            "{form}"
        );
    }
    let mut small = wanted(&id, ReportForm::Agent);
    small.budget_tokens = Budget::MIN;
    let answer = client
        .render_report(small.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(answer.content.len() <= Budget::MIN as usize * Budget::BYTES_PER_TOKEN);
    small.budget_tokens = Budget::MIN - 1;
    let status = client.render_report(small).await.unwrap_err();
    assert_eq!(fields(&status), ["budget_tokens"]);
    let nothing = wanted(&id, ReportForm::Unspecified);
    let status = client.render_report(nothing).await.unwrap_err();
    assert_eq!(fields(&status), ["form"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_validated_has_no_form_yet() {
    let never = Scripted::new(&[Plan::Judge(Verdict::Passed)], 0);
    let host = Host::start(&[], |_| {}, never).await;
    let id = submitted(&host).await;
    let mut client = host.validation().await;
    let status = client.render_report(wanted(&id, ReportForm::Html)).await;
    assert_eq!(status.unwrap_err().code(), Code::FailedPrecondition);
    let unknown = "018f0000-0000-7000-8000-000000000000";
    let status = client
        .render_report(wanted(unknown, ReportForm::Html))
        .await;
    assert_eq!(status.unwrap_err().code(), Code::NotFound);
}
