"""Names of the SNDS: pseudonyms and identifiers, and enough table variables to recognise a raw layout (rules ID-06, MIC-01)."""
# ruff: noqa: SIM905

# Pseudonyms of beneficiaries, stays and professionals; never in an output, not even encrypted (HDH good practices r.4).
IDENTIFIERS = frozenset(
    (
        "ben_nir_psa ben_nir_ano ben_idt_ano nir_ano_17 nir_ano_mam ben_nir_idt ass_nir_ano dcd_idt_enc sej_idt "
        "id_carto rsa_num pfs_exe_num pfs_exe_numc pfs_pre_num pfs_pre_numc psp_pps_num psp_pps_numc prs_mtt_num "
        "prs_mtt_numc nir_ano nir_retour num_enq ben_rng_gem anonyme num_sejour no_sejour id_mam_enf "
        "nir_beneficiaire cle_patient"
    ).split()
)
# Usual names of a patient's number outside the SNDS.
PATIENT_NUMBERS = frozenset(
    (
        "patient_id patientid patid pat_id id_patient idpatient num_patient numpatient no_patient patient_num "
        "patient_number subject_id subjectid subjid usubjid id_sujet num_sujet person_id personid id_personne "
        "id_individu individu_id beneficiary_id id_beneficiaire ipp nip nda num_dossier numero_dossier "
        "medical_record_number mrn nhs_number nhsnumber hospital_number nir numsecu num_secu numero_secu no_secu "
        "ins insi ssn eid pseudo_id pseudonyme participant_id study_id case_id record_id hadm_id icustay_id "
        "stay_id encounter_id visit_occurrence_id person_source_value noind num_ano id_ano patient_pseudo_id"
    ).split()
)
VARIABLES = frozenset(
    (
        "flx_dis_dtd flx_trt_dtd flx_emt_typ flx_emt_num flx_emt_ord org_cle_num dct_ord_num prs_ord_num "
        "rem_typ_aff ben_nai_ann ben_sex_cod ben_res_dpt ben_res_com ben_cmu_top ben_cdi_nir ben_dcd_ame "
        "ben_dcd_dte ben_qlt_cod ben_rng_gem ben_nai_moi exe_soi_dtd exe_soi_dtf exe_soi_amd prs_nat_ref "
        "prs_act_qte prs_act_cfi prs_pai_mnt prs_rem_mnt prs_rem_bse pse_act_cat pse_act_nat pse_act_snds "
        "pse_spe_snds psp_spe_snds etb_pre_fin etb_exe_fin ete_ind_taa ete_cat_cod cpl_maj_top dpn_qlf bse_prs_nat "
        "cpl_prs_nat pha_prs_c13 pha_prs_ide pha_act_qsn pha_atc_c07 pha_atc_cla cam_prs_ide cam_act_cod "
        "bio_prs_ide tip_prs_ide imb_ald_num imb_ald_dtd imb_ald_dtf imb_etm_nat med_mtf_cod eta_num eta_num_epmsi "
        "eta_num_geo rsa_num age_ann age_jou cod_sexe cod_geo cod_post bdi_dep bdi_cod ent_dat sor_dat ent_mod "
        "sor_mod ent_prv sor_des nbr_dia nbr_act nbr_rum nbr_sea dgn_pal dgn_rel ass_dgn cdc_act ent_dat_del "
        "exe_soi_dtd_del sej_nbj sej_typ grg_ghm grg_rac ghm_prv ghs_num ghs_mnt uhcd_top nir_ret nai_ret sex_ret "
        "sej_ret fho_ret pms_ret dat_ret coh_nai_ret coh_sex_ret igs_ide ges_age dcd_cim_cod dcd_idt_enc dcd_dat "
        "dom_com dec_dpt cim_cod soc_prf org_aff_ben ben_org_aff reg_cod dpt_cod max_trt_dtd ben_dte_ins "
        "ben_dte_maj"
    ).split()
)
